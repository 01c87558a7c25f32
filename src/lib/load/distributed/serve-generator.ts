import { RushbenchError, sentError } from '../../base/errors/errors.ts'
import { monotonicMs, realClock } from '../../base/measure/clock.ts'
import type { GeneratorHooks, LoadGenerator } from '../engine/generator.ts'
import type { FromGenerator, ToGenerator } from './generator-messages.ts'
import { createLedgerChannel } from './ledger-channel.ts'

/** The way to whoever started this thread or process. */
export interface GeneratorPort {
  send(message: FromGenerator): void
  listen(onMessage: (message: ToGenerator) => void): void
}

/** Runs the generator that `open` gives, as whoever started this thread or process says over the port. */
export async function serveGenerator(
  { send, listen }: GeneratorPort,
  open: (hooks: GeneratorHooks) => Promise<LoadGenerator>,
): Promise<void> {
  const abort = new AbortController()
  const ledger = createLedgerChannel((batch, entries) => send({ kind: 'entries', batch, entries }))
  const started = Promise.withResolvers<number | null>()
  listen((message) => {
    if (message.kind === 'run') started.resolve(message.at)
    if (message.kind === 'stop') abort.abort()
    if (message.kind === 'recorded') ledger.settle(message.batch, message.reasons)
  })
  try {
    const generator = await open({
      ledger,
      signal: abort.signal,
      onSecond: (news) => send({ kind: 'second', news }),
      onPreparing: (progress) => send({ kind: 'preparing', ...progress }),
      onMistake: (error) => send({ kind: 'mistake', ...sentError(error) }),
    })
    await generator.prepare()
    send({ kind: 'prepared' })
    const at = await started.promise
    const { last, lost } = await generator.run(at === null ? undefined : realClock.now() + at - monotonicMs())
    send({ kind: 'finished', last, lost })
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    send({ kind: 'failed', ...sentError(error) })
  }
}
