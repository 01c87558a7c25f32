// What a thread runs that reads a scenario file before a load begins: what it does meanwhile cannot hold up anybody else.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { errorAsText } from '../../base/errors/error-text.ts'
import { RushbenchError } from '../../base/errors/errors.ts'
import type { FromReader } from '../../load/scenarios/scenario-facts.ts'
import { importsOf, readScenarios } from '../../load/scenarios/scenario-file.ts'

const file = workerData as string
const port = parentPort as MessagePort
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
const send = (message: FromReader): void => port.postMessage(message)

// What it throws where nobody waits for it is counted by those who run it.
process.on('unhandledRejection', () => {})
process.on('uncaughtException', () => {})

try {
  const scenarios = await readScenarios(file)
  send({
    kind: 'read',
    names: scenarios.map(({ name }) => name),
    imports: importsOf(file),
    usesDatabase: scenarios.some(({ database }) => database === true),
  })
} catch (error) {
  if (!(error instanceof RushbenchError)) throw error
  send({ kind: 'failed', error: errorAsText(error) })
}
