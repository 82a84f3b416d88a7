"""`python -m forensics` is `athar`."""

from forensics.cli import main

if __name__ == "__main__":
    main()
