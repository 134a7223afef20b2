"""Secrets Manager: circumstances of secrets, never what they hold."""

from .shape import Place, arns, tags, time


def collect(account):
    place = Place(account)
    return [secret(place, s) for s in account.list("secretsmanager", "list_secrets", "SecretList", 100)]


def secret(place, s):
    rules = s.get("RotationRules", {})
    config = {
        "description": s.get("Description") or None,
        "kms_key_id": s.get("KmsKeyId") or None,
        "rotation_enabled": s.get("RotationEnabled", False),
        "rotation_days": rules.get("AutomaticallyAfterDays") or None,
        "rotation_schedule": rules.get("ScheduleExpression") or None,
        "rotation_function_arn": s.get("RotationLambdaARN") or None,
        "rotated_at": time(s.get("LastRotatedDate")),
        "next_rotation_at": time(s.get("NextRotationDate")),
        "changed_at": time(s.get("LastChangedDate")),
        "accessed_at": time(s.get("LastAccessedDate")),
        "owning_service": s.get("OwningService") or None,
        "primary_region": s.get("PrimaryRegion") or None,
    }
    return place.resource(
        "AWS::SecretsManager::Secret", s["ARN"], s["ARN"], config, tags(s.get("Tags")), name=s.get("Name"),
        created_at=s.get("CreatedDate"), 
        depends_on=place.keys(config["kms_key_id"]) + arns(config["rotation_function_arn"]),
    )
