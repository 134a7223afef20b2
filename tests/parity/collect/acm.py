"""Certificate Manager."""

from .account import Unknown
from .shape import Place, known, tags, time, unique, when_known

# Without naming them, only certificates with RSA keys of 1,024 and 2,048 bits are listed.
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


def collect(account):
    place, client = Place(account), account.client("acm")
    found = account.list(
        "acm", "list_certificates", "CertificateSummaryList", 1000, Includes={"keyTypes": KEY_TYPES}
    )
    arn = lambda c: c["CertificateArn"]
    told = account.details(
        found,
        detail=lambda c: client.describe_certificate(CertificateArn=arn(c)).get("Certificate", {}),
        tags=lambda c: tags(client.list_tags_for_certificate(CertificateArn=arn(c))["Tags"]),
    )
    return [certificate(place, c, t) for c, t in zip(found, told)]


def certificate(place, c, told):
    detail = {} if isinstance(told["detail"], Unknown) else told["detail"]
    either = lambda key: c.get(key) or detail.get(key)
    key = either("KeyAlgorithm")
    config = {
        "domain": c.get("DomainName", ""),
        "other_names": unique(c.get("SubjectAlternativeNameSummaries", [])),
        "status": c.get("Status", ""),
        "certificate_type": c.get("Type", ""),
        # The list writes RSA_2048, the detail RSA-2048.
        "key_algorithm": key and key.replace("-", "_"),
        "not_before": time(either("NotBefore")),
        "not_after": time(either("NotAfter")),
        "renewal_eligibility": c.get("RenewalEligibility") or None,
        "exportable": c.get("ExportOption") == "ENABLED",
        "in_use_by": known(when_known(told["detail"], lambda detail: unique(detail.get("InUseBy", [])))),
    }
    return place.resource(
        "AWS::CertificateManager::Certificate", c["CertificateArn"], c["CertificateArn"], config,
        told["tags"], name=config["domain"], created_at=c.get("CreatedAt") or c.get("ImportedAt"),
    )
