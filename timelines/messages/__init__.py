"""Meanings of events as data, one TOML file a provider, protocol or format: core columns and one sentence a language.

```toml
family = "windows/security"
provider = "Microsoft-Windows-Security-Auditing"   # or a list; leave out where the family has one meaning

[core]                       # for every event of this family and provider
host = ["Computer"]

[event.4625]
title = {en = "Failed logon", fr = "…", ar = "…"}
core.user = ["TargetUserName|account"]
core.outcome = ["=failure"]
message = {en = "Logon of {TargetUserName} from {IpAddress} failed", fr = "…", ar = "…"}
```
"""
