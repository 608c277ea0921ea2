#!/usr/bin/env python3
"""Keeps a copy of who may do what, up to date, from the access API of a directory. Python 3.9, nothing else.

Begins with a snapshot, follows the change feed from the snapshot's position, and writes each page of changes and the
position behind it in one transaction: however this process ends, the next one neither misses a change nor applies one
twice. When the position is not of this store any more (410), it begins anew.
"""

import argparse
import http.client
import json
import sqlite3
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PAGE = 1000  # people a page of the snapshot
WAIT_S = 20  # how long the endpoint holds an answer back while nothing happens
TIMEOUT_S = WAIT_S + 30
PAUSE_MAX_S = 60

SCHEMA = """
CREATE TABLE IF NOT EXISTS access (id TEXT PRIMARY KEY, user_name TEXT, tenants TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feed (one INTEGER PRIMARY KEY CHECK (one = 1), position TEXT NOT NULL);
"""


class Gone(Exception):
    """The position is of another store, or its records are gone: only a snapshot helps."""


class Api:
    """GET requests to the access API. The token is read for each: a new one needs no restart."""

    def __init__(self, base, token_file, ca_file):
        base = base.rstrip("/")
        self.base = base if base.endswith("/access/v1") else base + "/access/v1"
        self.token_file = token_file
        self.tls = ssl.create_default_context(cafile=ca_file) if base.startswith("https:") else None

    def get(self, path, **query):
        query = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        pause = 1
        while True:
            with open(self.token_file, encoding="ascii") as file:
                headers = {"Authorization": "Bearer " + file.read().strip()}
            request = urllib.request.Request(f"{self.base}{path}?{query}", headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self.tls) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code == 410:
                    raise Gone from error
                if error.code < 500 and error.code != 429:
                    raise
                reason, later = f"status {error.code}", error.headers.get("Retry-After", "")
                pause = max(pause, int(later)) if later.isdigit() else pause
            except (OSError, http.client.HTTPException, ValueError) as error:  # no connection, broken off, out of time
                reason = error
            print(f"{path}: {reason}; asked again in {pause} s", file=sys.stderr)
            time.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_S)


def snapshot(api, copy):
    """Everybody's access as it is. The feed goes on from where it stood *before* the first page was read: what
    changed meanwhile comes once more, and applying it again does no harm."""
    position, cursor, people = None, None, 0
    with copy:
        copy.execute("DELETE FROM access")
        while True:
            page = api.get("/users", count=PAGE, cursor=cursor)
            position = position or page["position"]
            for user in page["users"]:
                people += write(copy, user["id"], user["userName"], user["tenants"])
            cursor = page.get("next")
            if not cursor:
                break
        remember(copy, position)
    print(f"snapshot: {people} people have access")
    return position


def follow(api, copy, position):
    """Applies what changes, for ever."""
    while True:
        page = api.get("/changes", since=position, wait=f"{WAIT_S}s")
        with copy:  # the changes and the position behind them, or neither
            for change in page["changes"]:
                user = change["user"]
                write(copy, user["id"], user.get("userName"), change["after"])
            remember(copy, page["next"])
        for change in page["changes"]:  # only what is durable is told
            user = change["user"]
            print(f"{change['time']} {user.get('userName', user['id'])}: {shown(change['before'])} -> {shown(change['after'])}")
        sys.stdout.flush()
        position = page["next"]


def write(copy, user_id, user_name, tenants):
    if not tenants:
        copy.execute("DELETE FROM access WHERE id = ?", (user_id,))
        return 0
    copy.execute("INSERT OR REPLACE INTO access VALUES (?, ?, ?)", (user_id, user_name, json.dumps(tenants)))
    return 1


def remember(copy, position):
    copy.execute("INSERT OR REPLACE INTO feed VALUES (1, ?)", (position,))


def shown(tenants):
    return ", ".join(f"{grant['tenant']}={grant['role']}" for grant in tenants) or "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", required=True, metavar="URL", help="https://HOST, or a base that ends in /access/v1")
    parser.add_argument("--token-file", required=True, metavar="FILE", help="a token of scope Access")
    parser.add_argument("--ca-file", metavar="FILE", help="PEM bundle to trust instead of the system's roots")
    parser.add_argument("--copy", default="access.db", metavar="FILE", help="the SQLite file to keep; default access.db")
    args = parser.parse_args()
    api = Api(args.against, args.token_file, args.ca_file)
    copy = sqlite3.connect(args.copy)
    copy.execute("PRAGMA synchronous = FULL")
    copy.executescript(SCHEMA)
    row = copy.execute("SELECT position FROM feed").fetchone()
    position = row[0] if row else None
    while True:
        try:
            follow(api, copy, position or snapshot(api, copy))
        except Gone:
            print("the position is not of this store any more: beginning anew", file=sys.stderr)
            position = None
        except urllib.error.HTTPError as error:
            sys.exit(f"{error.url.split('?')[0]}: status {error.code}: {error.read(2000).decode(errors='replace')}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
