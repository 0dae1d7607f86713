"""The names of the AWS services that a VPC can have an endpoint for, without `com.amazonaws.<region>.` before them.

Sources: "AWS services that integrate with AWS PrivateLink" in the AWS PrivateLink guide, as the CDK's
`InterfaceVpcEndpointAwsService` lists them, and the endpoint prefixes of botocore for services that are newer. No
region has all of them, and AWS publishes no list by region.

In China most services have `cn.com.amazonaws` in front. Source: DescribeVpcEndpointServices of both regions, as in the
AWS CDK (`aws-ec2/lib/vpc-endpoint.ts`); the user guides of some services document their name. Gateway endpoints have
the common name everywhere.
"""

from __future__ import annotations

GATEWAY_ENDPOINTS = frozenset({"s3", "dynamodb"})
"""The endpoints that are routes, without a network interface."""

_NAMES = """
    access-analyzer account acm acm-pca aco-automation agent-registry agent-registry-control
    agreement-marketplace aidevops aiops airflow-serverless airflow.api airflow.env airflow.ops amplify
    amplifybackend amplifyuibuilder analytics-omics aoss apigateway app-integrations appconfig appconfigdata
    appfabric appflow application-autoscaling application-cost-profiler application-signals applicationinsights
    appmesh appmesh-envoy-management apprunner apprunner.requests appstream.api appstream.streaming appsync-api
    apptest aps aps-workspaces arc-region-switch arc-zonal-shift arsenal-discovery artifact athena auditmanager
    autoscaling autoscaling-plans awsconnector b2bi backup backup-gateway backup-search batch bcm-dashboards
    bcm-pricing-calculator bcm-recommended-actions bedrock bedrock-agent bedrock-agent-runtime bedrock-agentcore
    bedrock-agentcore-control bedrock-agentcore.gateway bedrock-data-automation bedrock-data-automation-runtime
    bedrock-runtime billing billingconductor braket cases cassandra cassandra-streams ce chatbot cleanrooms
    cleanrooms-ml cloudcontrolapi clouddirectory cloudformation cloudhsmv2 cloudtrail cloudtrail-data
    cloudwatch-omni codeartifact.api codeartifact.repositories codebuild codecatalyst.git codecatalyst.packages
    codecommit codeconnections.api codedeploy codedeploy-commands-secure codeguru-profiler codeguru-reviewer
    codeguru-security codepipeline codestar-connections.api codestar-notifications codewhisperer
    cognito-identity cognito-idp comprehend comprehendmedical compute-optimizer config connect connect-campaigns
    console contact-lens continuum control-storage-omics controlcatalog controltower cost-optimization-hub
    data-servicediscovery databrew dataexchange datasync datazone dax deadline.management deadline.scheduling
    deployment-marketplace deviceadvisor.iot devops-guru dicom-medical-imaging diode-messaging
    diode-messaging-proxy discovery discovery-marketplace dlm dms docdb-elastic drs ds ds-data dsql dynamodb
    dynamodb-streams ebs ec2 ec2-instance-connect ec2messages ecr-public.api ecr.api ecr.dkr ecs ecs-agent
    ecs-telemetry eks eks-auth elastic-inference.runtime elasticache elasticbeanstalk elasticbeanstalk-health
    elasticfilesystem elasticloadbalancing elasticmapreduce elemental-inference email email-smtp emr-containers
    emr-serverless emr-serverless-services.livy emr-serverless.dashboard emrwal.prod end-user-messaging
    entityresolution events eventsv2 evidently evidently-dataplane evs execute-api finspace finspace-api fis fms
    forecast forecastquery frauddetector fsx gamelift gameliftstreams geo-maps geo-places geo-routes
    geo.geofencing geo.maps geo.metadata geo.places geo.routes geo.tracking git-codecommit glue glue.dashboard
    grafana grafana-workspace greengrass groundstation guardduty guardduty-data health-agent healthlake
    iam-toolbox identitystore imagebuilder inspector-scan inspector2 interconnect internetmonitor invoicing
    iot.credentials iot.data iot.fleethub.api iotfleetwise iotroborunner iotsitewise.api iotsitewise.data
    iottwinmaker.api iottwinmaker.data iotwireless.api ivs ivschat ivsrealtime kafka kafkaconnect kendra
    kinesis-firehose kinesis-streams kinesisanalytics kinesisvideo kms lakeformation lambda launchwizard
    license-manager license-manager-linux-subscriptions license-manager-user-subscriptions lightsail logs
    lookoutequipment lookoutmetrics lookoutvision lorawan.cups lorawan.lns m2 macie2 mail-manager
    managedblockchain managedblockchain-query managedblockchain.bitcoin.mainnet
    managedblockchain.bitcoin.testnet mediaconnect mediaconvert medialive mediapackage mediapackage-vod
    mediapackagev2 mediastore medical-imaging memory-db memorydb-fips mgn migrationhub-config
    migrationhub-orchestrator migrationhub-strategy models-v2-lex monitoring mpa mq neptune-db neptune-graph
    neptune-graph-data network-firewall network-security-manager networkflowmonitor networkflowmonitorreports
    networkmonitor nimble notifications notifications-contacts nova-act oam observabilityadmin odb oidc
    organizations osis outposts panorama partnercentral-account partnercentral-benefits partnercentral-channel
    partnercentral-prm partnercentral-selling payment-cryptography.controlplane payment-cryptography.dataplane
    pca-connector-ad pca-connector-scep pcs personalize personalize-events personalize-runtime pi pinpoint
    pinpoint-sms-voice-v2 pipes pipes-data polly pricing.api pricingplanmanager private-networks profile proton
    q qapps qldb.session quicksight quicksight-website ram rbin rds rds-data redshift redshift-data
    redshift-serverless refactor-spaces rekognition reporting-marketplace repostspace resiliencehub
    resource-explorer-2 resource-groups robomaker rolesanywhere route53-recovery-readiness route53globalresolver
    route53profiles route53resolver rtbfabric rum rum-dataplane runtime-medical-imaging runtime-v2-lex s3
    s3-outposts s3files s3tables s3vectors sagemaker-data-science-assistant sagemaker-geospatial sagemaker.api
    sagemaker.featurestore-runtime sagemaker.metrics sagemaker.runtime scheduler schemas scn secretsmanager
    security-ir securityagent securityhub securitylake serverlessrepo service.user-subscriptions servicecatalog
    servicecatalog-appregistry servicediscovery servicequotas shield signer signin simspaceweaver sms sms-voice
    snow-device-management snowball sns social-messaging sqs ssm ssm-contacts ssm-guiconnect ssm-incidents
    ssm-quicksetup ssm-sap ssmmessages states storage-omics storagegateway streaming-rekognition sts
    supportauthz sustainability swf sync-states synthetics tagging tags-omics tax textract thinclient
    thinclient.api timestream-influxdb tnb transcribe transcribestreaming transfer transfer.server translate
    trustedadvisor uxc verifiedpermissions voiceid vpc-lattice wafv2 wellarchitected wisdom workflows-omics
    workmail workmailmessageflow workspaces workspaces-instances workspaces-web xray
"""
ENDPOINT_SERVICES = frozenset(_NAMES.split())
_FIPS = "-fips"
_IN_CHINA = frozenset(
    {
        *("application-autoscaling", "appmesh-envoy-management", "athena", "autoscaling", "awsconnector"),
        *("backup", "batch", "cassandra", "cloudcontrolapi", "cloudformation", "codedeploy-commands-secure"),
        *("databrew", "dms", "ebs", "ec2", "ecr.api", "ecr.dkr", "eks", "elasticache", "elasticbeanstalk"),
        *("elasticfilesystem", "elasticfilesystem-fips", "emr-containers", "execute-api", "fsx"),
        *("imagebuilder", "iot.data", "kinesis-streams", "lambda", "license-manager", "monitoring", "rds"),
        *("redshift", "redshift-data", "sagemaker.api", "sagemaker.featurestore-runtime", "sagemaker.runtime"),
        *("securityhub", "servicecatalog", "sms", "sqs", "states", "sts", "sync-states", "synthetics"),
        *("transcribe", "transcribestreaming", "transfer", "xray"),
    }
)
_IN_ONE_REGION = {
    "cn-north-1": frozenset({"iotsitewise.api", "iotsitewise.data"}),
    "cn-northwest-1": frozenset({"account", "polly", "workspaces"}),
}
_ENDINGS = {"transcribe": ".cn"}


def is_endpoint_service(name: str) -> bool:
    """Whether AWS has an endpoint service with this name; each service can also have one with `-fips`."""
    return name in ENDPOINT_SERVICES or name.removesuffix(_FIPS) in ENDPOINT_SERVICES


def endpoint_service(region: str, service: str) -> str:
    """The full name of the endpoint service `service`, such as `ecr.api`, in a region."""
    if region in _IN_ONE_REGION and service in _IN_CHINA | _IN_ONE_REGION[region]:
        return f"cn.com.amazonaws.{region}.{service}{_ENDINGS.get(service, '')}"
    return f"com.amazonaws.{region}.{service}"
