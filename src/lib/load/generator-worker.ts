import type { MessagePort } from 'node:worker_threads'
import { RushbenchError } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import { createGenerator, type GeneratorTask } from './generator.ts'
import { createLedgerChannel } from './ledger-channel.ts'
import type { Scenario } from './scenario.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

/** Makes a part of the load in this thread, as the main thread says over `port`. */
export async function serveGenerator(
  port: MessagePort,
  task: GeneratorTask,
  parts: { readonly readScenarios: () => Promise<readonly Scenario[]>; readonly clock: Clock },
): Promise<void> {
  const send = (message: FromThread): void => port.postMessage(message)
  const abort = new AbortController()
  const ledger = createLedgerChannel((batch, entries) => send({ kind: 'entries', batch, entries }))
  const started = Promise.withResolvers<void>()
  port.on('message', (message: ToThread) => {
    if (message.kind === 'run') started.resolve()
    if (message.kind === 'stop') abort.abort()
    if (message.kind === 'recorded') ledger.settle(message.batch, message.reasons)
  })
  try {
    const scenarios = await parts.readScenarios()
    const onSecond = (second: Extract<FromThread, { kind: 'second' }>['second']) => send({ kind: 'second', second })
    const generator = createGenerator(task, { ledger, signal: abort.signal, onSecond }, { ...parts, scenarios })
    await generator.prepare()
    send({ kind: 'prepared' })
    await started.promise
    send({ kind: 'finished', result: await generator.run() })
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    const { code, exitCode, message } = error
    send({ kind: 'failed', code, exitCode, message })
  }
}
