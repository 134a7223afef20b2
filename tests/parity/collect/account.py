"""Access to an account in a region: clients, pages, and many calls at once."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

GLOBAL = "aws-global"


class Unknown:
    """Something that could not be read, and why."""

    def __init__(self, reason):
        self.reason = {"reason": reason}


class Account:
    """An account in a region; its global services where `region` is GLOBAL, asked of `home`.

    With more than one thread, calls to AWS are made by that many workers, each on behalf of whoever waits for it.
    """

    def __init__(self, region, home, threads):
        self.region = region
        self.near = home if region == GLOBAL else region
        self.workers = ThreadPoolExecutor(threads) if threads > 1 else None
        self.config = Config(
            max_pool_connections=max(threads, 10),
            retries={"mode": "standard", "max_attempts": 8},
            s3={"addressing_style": "path"},
        )
        self.session = boto3.Session()
        self.lock = threading.Lock()
        self.clients = {}
        self.working = threading.local()
        self.id = self.client("sts").get_caller_identity()["Account"]

    def client(self, service, region=None):
        region = region or self.near
        with self.lock:
            if (service, region) not in self.clients:
                self.clients[service, region] = self.session.client(
                    service, region_name=region, config=self.config
                )
            return self.clients[service, region]

    def run(self, work):
        """Does work that calls AWS: in a worker, unless this is one."""
        if self.workers is None or getattr(self.working, "here", False):
            return work()
        return self.workers.submit(self.as_worker, work).result()

    def as_worker(self, work):
        self.working.here = True
        return work()

    def each(self, work, items):
        """Does work for each item, and answers in their order."""
        if self.workers is None or getattr(self.working, "here", False):
            return [work(item) for item in items]
        futures = [self.workers.submit(self.as_worker, lambda item=item: work(item)) for item in items]
        return [future.result() for future in futures]

    def all(self, *works):
        return self.each(lambda work: work(), works)

    def details(self, items, **works):
        """What each work tells of each item, by the work's name. A work may come with the codes of errors that
        say that there is nothing."""
        named = [work if isinstance(work, tuple) else (work,) for work in works.values()]
        pairs = [(item, work) for item in items for work in named]
        ask = lambda pair: attempt(lambda: pair[1][0](pair[0]), *pair[1][1:])
        answers = iter(self.each(ask, pairs))
        return [{name: next(answers) for name in works} for _ in items]

    def pages(self, service, operation, key, size=None, region=None, **arguments):
        """Every item of a list, whose key may be a path."""
        paginator = self.client(service, region).get_paginator(operation)
        paging = {"PageSize": size} if size else {}
        items = []
        for page in paginator.paginate(PaginationConfig=paging, **arguments):
            for part in key.split("."):
                page = page.get(part) or {}
            items.extend(page)
        return items

    def own(self, found):
        """What other accounts do not merely share with this one."""
        return [one for one in found if one.get("OwnerId", self.id) == self.id]

    def list(self, service, operation, key, size=None, **arguments):
        """Every item of a list; none, and a word on it, if it cannot be read."""
        found = self.run(lambda: attempt(lambda: self.pages(service, operation, key, size, **arguments)))
        if isinstance(found, Unknown):
            print(f"{self.region}: {operation} of {service}: {found.reason['reason']}", file=sys.stderr)
            return []
        return found

    def listed(self, service, operation, key, **arguments):
        """The same for an operation that has no pages."""
        call = lambda: getattr(self.client(service), operation)(**arguments).get(key) or []
        found = self.run(lambda: attempt(call))
        if isinstance(found, Unknown):
            print(f"{self.region}: {operation} of {service}: {found.reason['reason']}", file=sys.stderr)
            return []
        return found


def attempt(work, *absent):
    """What work answers; None if it fails with one of the codes that say that there is nothing; else why not."""
    try:
        return work()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        return Unknown(str(error))
    except (BotoCoreError, ResponseParserError) as error:
        return Unknown(str(error))
