"""IAM, keys, certificates, the organization."""

from .account import ACCOUNT, document, pairs, trust


def seed(account):
    iam, made = account.client("iam"), account.made
    iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireNumbers=True, RequireSymbols=True, RequireUppercaseCharacters=True,
        MaxPasswordAge=90, PasswordReusePrevention=24, HardExpiry=True, AllowUsersToChangePassword=True)
    policy = iam.create_policy(
        PolicyName="read-orders", Path="/shop/", PolicyDocument=document("rds:Describe*"))["Policy"]["Arn"]
    iam.create_policy_version(
        PolicyArn=policy, PolicyDocument=document("rds:Describe*", "rds:List*"), SetAsDefault=True)
    made["role"] = iam.create_role(
        RoleName="worker", Path="/service/", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"),
        PermissionsBoundary=policy, Tags=pairs(**{"Terraform": "true"}),
    )["Role"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=document("s3:GetObject"))
    work_as(account, made["role"])
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="worker")
    made["profile"] = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
    iam.create_group(GroupName="admins", Path="/people/")
    iam.attach_group_policy(GroupName="admins", PolicyArn=policy)
    iam.put_group_policy(GroupName="admins", PolicyName="own", PolicyDocument=document("*"))
    iam.create_user(UserName="hanako", Tags=pairs())
    iam.add_user_to_group(GroupName="admins", UserName="hanako")
    iam.attach_user_policy(UserName="hanako", PolicyArn=policy)
    iam.put_user_policy(UserName="hanako", PolicyName="own", PolicyDocument=document("ec2:*"))
    iam.create_login_profile(UserName="hanako", Password="Not-a-secret-1")
    iam.create_access_key(UserName="hanako")
    second = iam.create_access_key(UserName="hanako")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="hanako", AccessKeyId=second, Status="Inactive")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="hanako")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="hanako", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.create_user(UserName="robot", Path="/machines/")
    iam.upload_server_certificate(
        ServerCertificateName="old", Path="/cloudfront/", CertificateBody="certificate", PrivateKey="key")
    # The report is made on the first request and ready on the second.
    iam.generate_credential_report()
    iam.generate_credential_report()


def work_as(account, role):
    """Uses a role, so that it was used."""
    assumed = account.client("sts").assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
    client = account.session.client(
        "sts", aws_access_key_id=assumed["AccessKeyId"], aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"])
    client.get_caller_identity()


def keys(account):
    kms, made = account.client("kms"), account.made
    key = kms.create_key(
        Description="of data", MultiRegion=True, Tags=[{"TagKey": "team", "TagValue": "shop"}]
    )["KeyMetadata"]
    made["key"] = key["Arn"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    kms.create_alias(AliasName="alias/archive", TargetKeyId=key["KeyId"])
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=180)
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    old = kms.create_key(Policy=document("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    kms.schedule_key_deletion(KeyId=old["KeyMetadata"]["KeyId"], PendingWindowInDays=14)
    off = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=off)


def certificates(account):
    request = lambda name: account.client("acm").request_certificate(
        DomainName=name, ValidationMethod="DNS")["CertificateArn"]
    account.made["certificate"] = request("kumo.example")
    account.made["other_certificates"] = [request("shop.example"), request("books.example")]


def organization(account):
    client = account.client("organizations")
    client.create_organization(FeatureSet="ALL")
    client.create_account(Email="dev@kumo.example", AccountName="development")
    contacts = account.client("account")
    contacts.put_alternate_contact(
        AlternateContactType="SECURITY", EmailAddress="security@kumo.example", Name="Hanako", Title="CISO",
        PhoneNumber="+81 3 0000 0000")
