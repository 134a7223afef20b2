"""Fills the emulators with an account that uses every collector.

    AWS_ENDPOINT_URL=… AWS_ENDPOINT_URL_CLOUDWATCH=… python seed_everything.py
"""

import seeds


def main():
    account = seeds.Account()
    for part in seeds.PARTS:
        part(account)


if __name__ == "__main__":
    main()
