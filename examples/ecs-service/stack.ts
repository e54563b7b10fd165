/** The service on Fargate: two tasks in two zones, one of which works. */
import { fileURLToPath } from 'node:url';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, FargateService, FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ServerlessElection } from 'tenure/cloud';

// #region ecs-service-stack
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const work = new TableV2(this, 'Work', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const election = new ServerlessElection(this, 'Orders', { election: 'orders', candidates: 0 });

    const task = new FargateTaskDefinition(this, 'Task', { cpu: 256, memoryLimitMiB: 512 });
    task.addContainer('orders', {
      image: ContainerImage.fromAsset(fileURLToPath(new URL('.', import.meta.url))), // the folder of the Dockerfile
      environment: { WORK_TABLE: work.tableName },
      logging: LogDrivers.awsLogs({ streamPrefix: 'orders' }),
      portMappings: [{ containerPort: 8080 }],
      stopTimeout: Duration.seconds(30), // more than a heartbeat (3 s) and what one order takes
    });
    election.connect(task); // its environment and its grants; a task that has stopped is revoked at once
    work.grantReadWriteData(task.taskRole);

    new FargateService(this, 'Service', {
      cluster: new Cluster(this, 'Cluster', { vpc: new Vpc(this, 'Vpc', { maxAzs: 2 }) }),
      taskDefinition: task,
      desiredCount: 2, // one works, one stands by
      minHealthyPercent: 100, // a deploy starts the new tasks before it stops the old
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
    });
  }
}
// #endregion
