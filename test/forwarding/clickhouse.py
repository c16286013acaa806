"""Answers questions about rows that were inserted over HTTP, with ClickHouse's own engine. JSON in, JSON out."""

import json
import sys
import tempfile

from chdb import session

task = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    clickhouse = session.Session(folder)
    clickhouse.query("CREATE DATABASE test")
    clickhouse.query("USE test")
    clickhouse.query(task["schema"])
    for insert in task["inserts"]:
        clickhouse.query(f"{insert['query']}\n{insert['body']}")
    answers = []
    for question in task["questions"]:
        text = str(clickhouse.query(question["sql"], "JSONEachRow", params=question["parameters"]))
        answers.append([json.loads(line) for line in text.splitlines() if line])
    json.dump(answers, sys.stdout)
    clickhouse.close()
