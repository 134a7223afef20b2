"""IAM and KMS."""

from .account import ACCOUNT, OTHER, bit, policy, statement, tags, trust

PEOPLE, POLICIES, ROLES, KEYS = 24, 16, 24, 12


def keys(account):
    kms, made = account.client("kms"), account.made
    own = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    made["keys"] = []
    for n in range(KEYS):
        public = statement("kms:Decrypt", Principal={"AWS": "*"})
        narrowed = {**public, "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}
        key = kms.create_key(
            Description=f"of team {n}", Policy=policy(*[own, *{4: [public], 5: [narrowed]}.get(n, [])]),
            **({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"} if n == 6 else {}),
        )["KeyMetadata"]["KeyId"]
        made["keys"].append(key)
        if bit(n, 0) and n != 6:
            kms.enable_key_rotation(KeyId=key)
        if n == 8:
            kms.disable_key(KeyId=key)
        if n in (9, 10):
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=14)


def people(account):
    iam = account.client("iam")
    iam.update_account_password_policy(
        MinimumPasswordLength=12, RequireNumbers=True, RequireLowercaseCharacters=True, MaxPasswordAge=90)
    iam.create_group(GroupName="engineers")
    iam.attach_group_policy(GroupName="engineers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    for n in range(PEOPLE):
        name = f"person-{n:02}"
        iam.create_user(UserName=name, Tags=tags("person", n))
        iam.add_user_to_group(GroupName="engineers", UserName=name)
        if bit(n, 0):
            iam.create_login_profile(UserName=name, Password="Not-a-secret-1")
        if bit(n, 1):
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(
                UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
        if bit(n, 2):
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(statement("s3:ListBucket")))
        if bit(n, 3):
            iam.create_access_key(UserName=name)


def policies(account):
    iam, made = account.client("iam"), account.made
    documents = [
        policy(statement("*")),
        policy(statement("s3:*")),
        policy(statement("s3:GetObject", resource="arn:aws:s3:::company-00/*")),
        policy(statement("*", resource="arn:aws:s3:::company-00/*")),
        policy(statement("iam:GetUser"), statement("*")),
        policy(statement("kms:Decrypt")),
        policy(statement("kms:Decrypt", resource=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{made['keys'][0]}")),
        policy(statement("*", effect="Deny")),
        policy(statement("*:*")),
        policy(statement("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        policy(statement("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction")),
        policy(statement("ec2:Describe*", "rds:Describe*")),
    ]
    made["policies"] = [
        iam.create_policy(PolicyName=f"policy-{n:02}", PolicyDocument=documents[n % len(documents)])["Policy"]["Arn"]
        for n in range(POLICIES)
    ]
    for n in range(0, PEOPLE, 5):
        iam.attach_user_policy(UserName=f"person-{n:02}", PolicyArn=made["policies"][n % 12])


def roles(account):
    iam, made = account.client("iam"), account.made
    trusted = [
        trust(Service="ec2.amazonaws.com"), trust(AWS=f"arn:aws:iam::{OTHER}:root"), trust(AWS="*"),
        trust(Service="lambda.amazonaws.com"), trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"),
        policy({
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "of-a-partner"}}}),
    ]
    for n in range(ROLES):
        name = f"role-{n:02}"
        made["role"] = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trusted[n % len(trusted)], Tags=tags("role", n))["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=made["policies"][n % 8])
        if n % 5 == 0:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(statement("kms:Decrypt")))
        if n % 6 == 3:
            iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AWSCloudShellFullAccess")
    # The report is made on the first request and ready on the second.
    iam.generate_credential_report()
    iam.generate_credential_report()
