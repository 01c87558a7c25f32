import { RushbenchError } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import { createLocalGenerator, type GeneratorTask } from './generator.ts'
import type { FromGenerator, ToGenerator } from './generator-messages.ts'
import { createLedgerChannel } from './ledger-channel.ts'
import type { Scenario } from './scenario.ts'

/** The way to whoever started this thread or process. */
export interface GeneratorPort {
  send(message: FromGenerator): void
  listen(onMessage: (message: ToGenerator) => void): void
}

/** What a thread or process needs to do its task. */
export interface ServingParts {
  readonly readScenarios: () => Promise<readonly Scenario[]>
  readonly clock: Clock
  /** It is one of several threads of this process. */
  readonly inThread: boolean
}

/** Makes a part of the load here, as whoever started it says over `port`. */
export async function serveGenerator(port: GeneratorPort, task: GeneratorTask, parts: ServingParts): Promise<void> {
  const { send } = port
  const abort = new AbortController()
  const ledger = createLedgerChannel((batch, entries) => send({ kind: 'entries', batch, entries }))
  const started = Promise.withResolvers<void>()
  port.listen((message) => {
    if (message.kind === 'run') started.resolve()
    if (message.kind === 'stop') abort.abort()
    if (message.kind === 'recorded') ledger.settle(message.batch, message.reasons)
  })
  try {
    const scenarios = await parts.readScenarios()
    const hooks = {
      ledger,
      signal: abort.signal,
      onSecond: (news: Extract<FromGenerator, { kind: 'second' }>['news']) => send({ kind: 'second', news }),
      onMistake: ({ code, exitCode, message }: RushbenchError) => send({ kind: 'mistake', code, exitCode, message }),
    }
    const generator = createLocalGenerator(task, hooks, { ...parts, scenarios })
    await generator.prepare()
    send({ kind: 'prepared' })
    await started.promise
    send({ kind: 'finished', last: await generator.run() })
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    const { code, exitCode, message } = error
    send({ kind: 'failed', code, exitCode, message })
  }
}
