"""Case folders: exhibits, custody, findings, verification, summaries and their exporters and languages."""
