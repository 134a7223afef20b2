"""Fills the emulators with a company of several teams: many kinds of resource, sound and faulty in turn.

    AWS_ENDPOINT_URL=… AWS_ENDPOINT_URL_EC2=… python seed_larger.py

Of every kind there are as many as its settings have combinations, or a good part of them, so that tools that
judge one setting cannot agree by chance.
"""

import larger


def main():
    account = larger.Account()
    for part in larger.PARTS:
        part(account)


if __name__ == "__main__":
    main()
