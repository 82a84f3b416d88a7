"""S3's server access logs; keys bear percent signs, headers stand as they came.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import address, clf_time, given, line, number, request, status, taken, text, word

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
HEAD = line(
    given("bucket_owner", OWNER, "-"), b" ", given("bucket", "bucket1"), b" ", clf_time(), b" ", address("c_ip"), b" ",
    word("cs_username"), b" ", given("request_id", "3E57427F3EXAMPLE"), b" ", given("operation", "REST.GET.OBJECT", "WEBSITE.GET.OBJECT"),
    b" ", text("key", escaping.percent, b"", 1), b' "', request(escaping.percent), b'" ', status("-"), b" ",
    given("error_code", "NoSuchBucket", "-"), b" ", number("sc_bytes"), b" ", number("object_size").map(lambda p: (p[0], {})), b" ",
    taken("duration", 10**6, nothing="-"), b" ", given("turn_around_time", "10", "-"), b' "',
    text("cs_referer", escaping.nothing, b'"\\'), b'" "', text("cs_user_agent", escaping.nothing, b'"\\'), b'"',
)  # fmt: skip
ADDED = (
    line(b" ", given("version_id", "3HL4kqtJvjVBH40Nrjfkd", "-")),
    line(
        b" ", given("host_id", "s9lzHYrFp76ZVxRcpX9=", "-"), b" ", given("signature_version", "SigV4", "-"), b" ",
        given("tls_cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-"), b" ", given("authentication_type", "AuthHeader", "-"), b" ",
        given("cs_host", "bucket1.s3.eu-west-1.amazonaws.com", "-"), b" ", given("tls_protocol", "TLSv1.2", "-"),
    ),
    line(b" ", given("access_point_arn", "arn:aws:s3:eu-west-1:123456789012:accesspoint/example", "-")),
    line(b" ", given("acl_required", "Yes", "-")),
)  # fmt: skip
MODEL = Model("aws-s3", st.integers(1, len(ADDED)).flatmap(lambda count: line(HEAD, *ADDED[:count])))
