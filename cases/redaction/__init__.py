"""Personal data kept out of what is handed out: profiles say what stays, all else that names someone becomes a pseudonym.

What is covered and what is not stands in docs/redaction.md.
"""
