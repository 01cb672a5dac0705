// Outlives the tests by as long as it takes to remove the container that they left behind. Reads the container's label and,
// once there is nothing left to guard, "done"; its input ends when the process of the tests is gone, however it went.
import { getContainerRuntimeClient } from 'testcontainers';

let text = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) text += chunk;
const [label, last] = text.trim().split('\n');
if (label && last !== 'done') {
  const engine = await getContainerRuntimeClient();
  const container = await engine.container.fetchByLabel(label, 'test');
  await container?.remove({ force: true, v: true });
}
