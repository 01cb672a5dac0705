/**
 * Whether the server at an address answers with anything but an error of its own (5xx), for health checks: the image has no curl. Prints
 * the answer, which `docker inspect` then shows: /readyz says why it is not ready.
 */
const [url] = process.argv.slice(2);
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  process.stdout.write(await answer.text());
  process.exitCode = answer.status < 500 ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url} does not answer: ${error.cause?.code ?? error.name}\n`);
  process.exitCode = 1;
}
