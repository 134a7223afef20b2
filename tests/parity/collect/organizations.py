"""The account itself, and its organization."""

from .account import Unknown, attempt
from .shape import Place, known, when_known


def collect(account):
    place = Place(account)
    read = lambda: account.client("organizations").describe_organization()["Organization"]
    organization = account.run(lambda: attempt(read, "AWSOrganizationsNotInUseException"))
    found, within = [], True
    if not isinstance(organization, Unknown):
        within = bool(organization)
        config = {
            "organization": organization and {
                "id": organization["Id"],
                "arn": organization["Arn"],
                "feature_set": organization["FeatureSet"],
                "management_account": organization["MasterAccountId"],
            }
        }
        arn = place.global_arn("organizations", "membership")
        found.append(place.resource("Miyabi::Organizations::Membership", arn, account.id, config))
    # A member that neither manages the organization nor administers a service for it is refused.
    members = account.list("organizations", "list_accounts", "Accounts") if within else []
    return found + [member(place, m) for m in members]


def member(place, m):
    config = {
        "state": m.get("State") or m.get("Status", ""),
        "joined_method": m.get("JoinedMethod") or None,
    }
    return place.resource(
        "AWS::Organizations::Account", m["Arn"], m["Id"], config, name=m.get("Name"),
        created_at=m.get("JoinedTimestamp"), tags_unknown="tags of accounts are not read",
    )


def itself(account):
    place, client = Place(account), account.client("account")
    read = lambda: client.get_alternate_contact(AlternateContactType="SECURITY").get("AlternateContact")
    contact = account.run(lambda: attempt(read, "ResourceNotFoundException"))
    security = known(when_known(contact, bool))
    arn = place.global_arn("account", "account")
    return [place.resource("AWS::::Account", arn, account.id, {"security": security})]
