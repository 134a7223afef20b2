"""IAM: principals, policies, credentials, the root user."""

import csv
import io
import json
import time as clock
from urllib.parse import unquote

from .account import Unknown, attempt
from .shape import Place, arns, known, tags, time, unique, when_known

TRIES, PAUSE_SECONDS = 15, 2
ROOT = "<root_account>"


def collect(account):
    place, client = Place(account), account.client("iam")
    report = account.run(lambda: credential_report(client))
    kinds = ["User", "Group", "Role", "LocalManagedPolicy"]
    paginator = client.get_paginator("get_account_authorization_details")
    read = lambda: list(paginator.paginate(Filter=kinds, PaginationConfig={"PageSize": 1000}))
    details = account.run(lambda: attempt(read))
    details = [] if isinstance(details, Unknown) else details
    of = lambda key: [item for page in details for item in page.get(key, [])]
    groups = {g["GroupName"]: g["Arn"] for g in of("GroupDetailList")}
    return (
        [user(place, u, report, groups) for u in of("UserDetailList")]
        + [group(place, g) for g in of("GroupDetailList")]
        + [role(place, r) for r in of("RoleDetailList")]
        + [managed_policy(place, p) for p in of("Policies")]
        + [instance_profile(place, p) for p in account.list("iam", "list_instance_profiles", "InstanceProfiles", 1000)]
        + password_policy(account, client, place)
        + root(account, client, place, report)
        + server_certificates(account, client, place)
    )


def document(text):
    """A policy document; boto3 decodes most of them itself."""
    return json.loads(unquote(text)) if isinstance(text, str) else text


def inline(policies):
    found = ({"name": p["PolicyName"], "document": document(p["PolicyDocument"])} for p in policies)
    return sorted(found, key=lambda policy: policy["name"])


def attached(policies):
    return unique(policy["PolicyArn"] for policy in policies)


def own_policies(config):
    """What lets somebody do what he does, and is not AWS's own."""
    told = arns(*config["attached_policies"], config.get("permissions_boundary"))
    return [arn for arn in told if arn.split(":")[4] != "aws"]


def instance_profile(place, p):
    roles = unique(role["Arn"] for role in p["Roles"])
    return place.resource(
        "AWS::IAM::InstanceProfile", p["Arn"], p["InstanceProfileName"], {"path": p["Path"], "role_arns": roles},
        name=p["InstanceProfileName"], created_at=p["CreateDate"], depends_on=arns(*roles),
        tags_unknown="tags of instance profiles are not read",
    )


def user(place, u, report, groups):
    config = {
        "path": u["Path"],
        "inline_policies": inline(u.get("UserPolicyList", [])),
        "attached_policies": attached(u.get("AttachedManagedPolicies", [])),
        "groups": unique(u.get("GroupList", [])),
        "permissions_boundary": u.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "credentials": known(credentials_of(report, u["UserName"])),
    }
    return place.resource(
        "AWS::IAM::User", u["Arn"], u["UserName"], config, tags(u.get("Tags")), name=u["UserName"],
        created_at=u.get("CreateDate"),
        depends_on=own_policies(config) + [groups[name] for name in config["groups"] if name in groups],
    )


def group(place, g):
    config = {
        "path": g["Path"],
        "inline_policies": inline(g.get("GroupPolicyList", [])),
        "attached_policies": attached(g.get("AttachedManagedPolicies", [])),
    }
    return place.resource(
        "AWS::IAM::Group", g["Arn"], g["GroupName"], config, name=g["GroupName"],
        created_at=g.get("CreateDate"), depends_on=own_policies(config),
    )


def role(place, r):
    config = {
        "path": r["Path"],
        "trust_policy": document(r.get("AssumeRolePolicyDocument")),
        "inline_policies": inline(r.get("RolePolicyList", [])),
        "attached_policies": attached(r.get("AttachedManagedPolicies", [])),
        "last_used_at": time(r.get("RoleLastUsed", {}).get("LastUsedDate")),
        "permissions_boundary": r.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") or None,
        "instance_profiles": unique(profile["Arn"] for profile in r.get("InstanceProfileList", [])),
    }
    return place.resource(
        "AWS::IAM::Role", r["Arn"], r["RoleName"], config, tags(r.get("Tags")), name=r["RoleName"],
        created_at=r.get("CreateDate"), depends_on=own_policies(config),
    )


def managed_policy(place, p):
    default = next((v for v in p["PolicyVersionList"] if v["IsDefaultVersion"]), {})
    config = {
        "path": p["Path"],
        "attachment_count": p.get("AttachmentCount", 0),
        "document": document(default.get("Document")),
    }
    return place.resource(
        "AWS::IAM::ManagedPolicy", p["Arn"], p["Arn"], config, name=p["PolicyName"],
        created_at=p.get("CreateDate"),
    )


def password_policy(account, client, place):
    read = lambda: client.get_account_password_policy()["PasswordPolicy"]
    p = account.run(lambda: attempt(read, "NoSuchEntity", "NoSuchEntityException"))
    if isinstance(p, Unknown):
        return []
    rules = p and {
        "minimum_length": p.get("MinimumPasswordLength", 6),
        "require_uppercase": p.get("RequireUppercaseCharacters", False),
        "require_lowercase": p.get("RequireLowercaseCharacters", False),
        "require_numbers": p.get("RequireNumbers", False),
        "require_symbols": p.get("RequireSymbols", False),
        "allow_users_to_change": p.get("AllowUsersToChangePassword", False),
        "max_age_days": p.get("MaxPasswordAge") or None,
        "reuse_prevention": p.get("PasswordReusePrevention") or None,
        "hard_expiry": p.get("HardExpiry", False),
    }
    arn = place.global_arn("iam", "password-policy")
    return [place.resource("Miyabi::IAM::PasswordPolicy", arn, place.account, {"policy": rules})]


def credential_report(client):
    """When the report was made and its rows by user, or why they are not known."""

    def generate():
        for _ in range(TRIES):
            if client.generate_credential_report()["State"] == "COMPLETE":
                return
            clock.sleep(PAUSE_SECONDS)

    generated = attempt(generate)
    report = attempt(client.get_credential_report)
    if isinstance(report, Unknown):
        return generated if isinstance(generated, Unknown) else report
    rows = csv.DictReader(io.StringIO(report["Content"].decode()))
    return {"at": report["GeneratedTime"], "rows": {row["user"]: row for row in rows}}


def credentials_of(report, user):
    if isinstance(report, Unknown):
        return report
    row = report["rows"].get(user)
    return credentials(row, report["at"]) if row else Unknown("not in the credential report")


def credentials(row, made_at):
    flag = lambda key: {"true": True, "false": False}.get((row.get(key) or "").lower())
    keys = []
    for slot in (1, 2):
        active = flag(f"access_key_{slot}_active") or False
        rotated = time(row.get(f"access_key_{slot}_last_rotated"))
        used_with = row.get(f"access_key_{slot}_last_used_service")
        if active or rotated:
            keys.append({
                "slot": slot,
                "active": active,
                "rotated_at": rotated,
                "used_at": time(row.get(f"access_key_{slot}_last_used_date")),
                "used_with": used_with if used_with and used_with != "N/A" else None,
            })
    return {
        "password_enabled": flag("password_enabled"),
        "password_used_at": time(row.get("password_last_used")),
        "password_changed_at": time(row.get("password_last_changed")),
        "mfa_active": flag("mfa_active") or False,
        "access_keys": keys,
        "active_certificates": sum(bool(flag(f"cert_{slot}_active")) for slot in (1, 2)),
        "reported_at": time(made_at),
    }


def root(account, client, place, report):
    summary, devices = account.all(
        lambda: attempt(lambda: client.get_account_summary()["SummaryMap"]),
        lambda: attempt(lambda: account.pages(
            "iam", "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned")),
    )
    if isinstance(summary, Unknown):
        return []
    of_root = lambda device: (
        device["SerialNumber"].endswith(":mfa/root-account-mfa-device")
        or device.get("User", {}).get("Arn", "").endswith(":root")
    )
    has = lambda key: summary.get(key, 0) > 0
    config = {
        "access_keys_present": has("AccountAccessKeysPresent"),
        "signing_certificates_present": has("AccountSigningCertificatesPresent"),
        "mfa_enabled": has("AccountMFAEnabled"),
        "virtual_mfa": known(when_known(devices, lambda devices: any(of_root(d) for d in devices))),
        "credentials": known(credentials_of(report, ROOT)),
        "summary": summary,
    }
    return [place.resource("Miyabi::IAM::RootAccount", place.global_arn("iam", "root"), place.account, config)]


def server_certificates(account, client, place):
    found = account.list("iam", "list_server_certificates", "ServerCertificateMetadataList")
    name = lambda c: c["ServerCertificateName"]
    told = account.details(found, tags=lambda c: tags(
        client.list_server_certificate_tags(ServerCertificateName=name(c)).get("Tags")))
    return [
        place.resource(
            "AWS::IAM::ServerCertificate", c["Arn"], name(c),
            {"path": c["Path"], "expires_at": time(c.get("Expiration"))}, t["tags"], name=name(c),
            created_at=c.get("UploadDate"),
        )
        for c, t in zip(found, told)
    ]
