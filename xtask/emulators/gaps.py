"""What MiniStack does not answer, as far as a small account has it.

- Answers: the account's contact for security, rules of the image registry and certificates in IAM (there
  are none of either), GuardDuty and Access Analyzer, hardware MFA of root, certificates of listeners.
- CloudFormation: logs of databases, continuous backups of tables, trails with their selectors, recorders
  of AWS Config, detectors, analyzers.
"""

import json
import uuid

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import account, alb, cloudtrail, config, dynamodb, iam, rds
from ministack.services.cloudformation import provisioners

# What was made through CloudFormation, by service: id → answer.
_contacts, _detectors, _analyzers = (AccountRegionScopedDict() for _ in range(3))


def true(value):
    return str(value).lower() == "true"


def answer(body, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


def missing(code):
    return answer({"__type": code, "message": code}, 404)


async def guardduty(method, path, headers, body, query_params):
    parts = path.strip("/").split("/")
    if method == "GET" and parts == ["detector"]:
        return answer({"detectorIds": list(_detectors)})
    if method == "GET" and len(parts) == 2 and parts[1] in _detectors:
        return answer(_detectors[parts[1]])
    if method == "GET" and len(parts) == 3 and parts[1] in _detectors and parts[2] == "administrator":
        return answer({})
    return missing("BadRequestException")


async def access_analyzer(method, path, headers, body, query_params):
    if method == "GET" and path.rstrip("/") == "/analyzer":
        return answer({"analyzers": list(_analyzers.values())})
    return missing("ResourceNotFoundException")


def put_contact(payload):
    _contacts[payload["AlternateContactType"]] = payload
    return answer({})


def alternate_contact(payload):
    contact = _contacts.get(payload.get("AlternateContactType"))
    return answer({"AlternateContact": contact}) if contact else missing("ResourceNotFoundException")


def no_server_certificates(parameters):
    members = "<IsTruncated>false</IsTruncated><ServerCertificateMetadataList/>"
    result = f"<ListServerCertificatesResult>{members}</ListServerCertificatesResult>"
    return iam._xml(200, "ListServerCertificatesResponse", result)


def listener_certificates(parameters):
    """The default one; no call adds others."""
    listener = alb._listeners.get(alb._p(parameters, "ListenerArn"))
    if listener is None:
        return alb._error("ListenerNotFound", "One or more listeners not found")
    members = "".join(
        f"<member><CertificateArn>{arn}</CertificateArn><IsDefault>true</IsDefault></member>"
        for arn in listener.get("Certificates", [])
    )
    return alb._xml(200, "DescribeListenerCertificates", f"<Certificates>{members}</Certificates>")


def with_registry_rules(ecr):
    """The registry's own rules of scanning: there are none."""

    async def answered(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").endswith(".GetRegistryScanningConfiguration"):
            scanning = {"scanType": "BASIC", "rules": []}
            return answer({"registryId": get_account_id(), "scanningConfiguration": scanning})
        return await ecr(method, path, headers, body, query_params)

    return answered


account_summary = iam._get_account_summary


def summary_with_mfa(parameters):
    """Root has a hardware device, which no call registers."""
    status, headers, body = account_summary(parameters)
    text = body.decode() if isinstance(body, bytes) else body
    entry = "<key>AccountMFAEnabled</key><value>{}</value>"
    return status, headers, text.replace(entry.format(0), entry.format(1)).encode()


def succeeded(result):
    status, _, body = result
    if status != 200:
        raise Exception(body)
    return json.loads(body) if body else {}


def create_trail(logical_id, props, stack_name):
    name = props.get("TrailName", f"{stack_name}-{logical_id}")
    body = {key: value for key, value in props.items() if key not in ("TrailName", "IsLogging")}
    for flag in ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation"):
        if flag in body:
            body[flag] = true(body[flag])
    body["KmsKeyId"] = body.pop("KMSKeyId", "")
    trail = succeeded(cloudtrail._create_trail({"Name": name, **body}))
    # Only an update takes a log group.
    logs = {key: value for key, value in body.items() if key.startswith("CloudWatchLogs")}
    succeeded(cloudtrail._update_trail({"Name": name, **logs}))
    selectors = {key: props[key] for key in ("EventSelectors", "AdvancedEventSelectors") if key in props}
    if selectors:
        succeeded(cloudtrail._put_event_selectors({"TrailName": name, **selectors}))
    if true(props.get("IsLogging", True)):
        succeeded(cloudtrail._start_logging({"Name": name}))
    return name, {"Arn": trail["TrailARN"]}


def update_trail(physical_id, old_props, new_props, stack_name):
    on = true(new_props.get("EnableLogFileValidation", False))
    succeeded(cloudtrail._update_trail({"Name": physical_id, "EnableLogFileValidation": on}))
    return physical_id, {}


def create_recorder(logical_id, props, stack_name):
    name = props.get("Name", "default")
    group = props.get("RecordingGroup", {})
    recorder = {
        "name": name,
        "roleARN": props["RoleARN"],
        "recordingGroup": {
            "allSupported": true(group.get("AllSupported", True)),
            "includeGlobalResourceTypes": true(group.get("IncludeGlobalResourceTypes", False)),
        },
    }
    config._put_configuration_recorder({"ConfigurationRecorder": recorder})
    config._start_configuration_recorder({"ConfigurationRecorderName": name})
    return name, {}


def create_detector(logical_id, props, stack_name):
    detector_id = uuid.uuid4().hex
    _detectors[detector_id] = {
        "createdAt": "2026-01-01T00:00:00.000Z",
        "status": "ENABLED" if true(props.get("Enable", True)) else "DISABLED",
        "serviceRole": f"arn:aws:iam::{get_account_id()}:role/aws-service-role/guardduty.amazonaws.com/x",
        "findingPublishingFrequency": props.get("FindingPublishingFrequency", "SIX_HOURS"),
        "features": [
            {"name": feature["Name"], "status": feature["Status"]} for feature in props.get("Features", [])
        ],
        "tags": {},
    }
    return detector_id, {"Id": detector_id}


def create_analyzer(logical_id, props, stack_name):
    name = props.get("AnalyzerName", logical_id)
    arn = f"arn:aws:access-analyzer:{get_region()}:{get_account_id()}:analyzer/{name}"
    _analyzers[name] = {
        "arn": arn,
        "name": name,
        "type": props["Type"],
        "status": "ACTIVE",
        "createdAt": "2026-01-01T00:00:00Z",
        "tags": {},
    }
    return arn, {"Arn": arn}


def whole_table(make):
    """Continuous backups are dropped, and a flag that is a parameter is kept as its text."""

    def made(*arguments, **named):
        def flagged(argument):
            name = "DeletionProtectionEnabled"
            return {**argument, name: true(argument[name])} if name in (argument or ()) else argument

        arguments = [flagged(a) if isinstance(a, dict) else a for a in arguments]
        physical_id, attributes = make(*arguments, **named)
        props = [a for a in arguments if isinstance(a, dict)][-1]
        backups = props.get("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
        backups = {key: true(value) if key.endswith("Enabled") else value for key, value in backups.items()}
        specification = {"TableName": physical_id, "PointInTimeRecoverySpecification": backups}
        dynamodb._update_continuous_backups(specification)
        return physical_id, attributes

    return made


database_xml = rds._instance_xml
create_database = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]["create"]


def database_with_logs(database):
    """Logs that go to CloudWatch are never told."""
    logs = "".join(f"<member>{log}</member>" for log in database.get("EnabledCloudwatchLogsExports", []))
    told = f"<EnabledCloudwatchLogsExports>{logs}</EnabledCloudwatchLogsExports>"
    return database_xml(database).replace("<EnabledCloudwatchLogsExports/>", told)


def create_database_with_logs(logical_id, props, stack_name):
    physical_id, attributes = create_database(logical_id, props, stack_name)
    exports = props.get("EnableCloudwatchLogsExports", [])
    rds._instances[physical_id]["EnabledCloudwatchLogsExports"] = exports
    return physical_id, attributes


def register(handlers):
    """Adds all of it to MiniStack, whose table of services `handlers` is."""
    handlers["guardduty"] = guardduty
    handlers["access-analyzer"] = access_analyzer
    account._DISPATCH["/getAlternateContact"] = alternate_contact
    account._DISPATCH["/putAlternateContact"] = put_contact
    account.reset = lambda: [made.clear() for made in (_contacts, _detectors, _analyzers)]
    dispatch = next(
        table for table in vars(iam).values() if isinstance(table, dict) and table.get("ListUsers")
    )
    dispatch["ListServerCertificates"] = no_server_certificates
    dispatch["GetAccountSummary"] = summary_with_mfa
    alb._ACTION_MAP["DescribeListenerCertificates"] = listener_certificates
    handlers["ecr"] = with_registry_rules(handlers["ecr"])
    for kind, create, update in (
        ("AWS::CloudTrail::Trail", create_trail, update_trail),
        ("AWS::Config::ConfigurationRecorder", create_recorder, None),
        ("AWS::GuardDuty::Detector", create_detector, None),
        ("AWS::AccessAnalyzer::Analyzer", create_analyzer, None),
    ):
        handler = {"create": create, "delete": lambda physical_id, props: None}
        if update:
            handler["update"] = update
        provisioners._RESOURCE_HANDLERS[kind] = handler
    rds._instance_xml = database_with_logs
    provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]["create"] = create_database_with_logs
    table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    table.update({step: whole_table(table[step]) for step in ("create", "update") if step in table})
