import { setTimeout as sleep } from 'node:timers/promises'
import { ignoreFailure, onAbort } from '../base/abort.ts'
import { whyFailed, type QueueClient } from './client.ts'
import { coordinatorGoneMs, heartbeatMs, keysLiveMs, queueGoneMs } from './names.ts'
import type { RunIdentity } from './run-identity.ts'

/** A command of the coordinator to all workers of a run. */
export type RunCommand =
  /** Begin at that moment of the server's clock, ms. */
  { readonly kind: 'begin'; readonly at: number } | { readonly kind: 'stop' }

/** Enough for a worker that is slow to read. */
const keptCommands = 100

/** The coordinator's side. */
export interface CommandSender {
  send(command: RunCommand): Promise<void>
  /** To be called before the stream of telemetry is sealed: that it is gone is no loss from here on. */
  expectSeal(): void
  /** Gives no sign of life any more, and takes the commands from the server. */
  close(): Promise<void>
}

/** Opens the streams of a run, and gives a sign of life each second. `onLost` is told once why that is in vain. */
export async function openCommands(
  client: QueueClient,
  run: RunIdentity,
  onLost: (reason: string) => void,
): Promise<CommandSender> {
  const { keys } = run
  const serverId = await serverIdOf(client)
  let reconnected = false
  client.on('ready', () => (reconnected = true))
  let number = 0
  const add = (kind: string, at = ''): Promise<unknown> => {
    // Numbered, so that none can be said again by somebody else.
    const command = { kind, at, number: String(++number) }
    const fields = { ...command, signature: run.sign(signedOf(command)) }
    return client
      .multi()
      .xAdd(keys.commands, '*', fields, {
        TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: keptCommands },
      })
      .pExpire(keys.commands, keysLiveMs)
      .exec()
  }
  // The stream of telemetry has to be there: a worker adds to none that is gone.
  await client.xAdd(keys.telemetry, '*', { kind: 'open' })
  await client.pExpire(keys.telemetry, keysLiveMs)
  await add('alive')
  let closed = false
  let sealed = false
  let answeredAt = performance.now()

  /** Null while all is well. */
  async function beat(): Promise<string | null> {
    try {
      await within(queueGoneMs, add('alive'))
      if ((await within(queueGoneMs, client.pExpire(keys.telemetry, keysLiveMs))) !== 1 && !sealed)
        return 'it has lost what workers said'
      if (reconnected && (await within(queueGoneMs, serverIdOf(client))) !== serverId) return 'it was started again'
      reconnected = false
      answeredAt = performance.now()
      return null
    } catch (error) {
      return performance.now() - answeredAt < queueGoneMs ? null : whyFailed(error)
    }
  }

  async function keepBeating(): Promise<void> {
    for (;;) {
      await sleep(heartbeatMs)
      if (closed) return
      const lost = await beat()
      if (closed) return
      if (lost !== null) return onLost(lost)
    }
  }

  void keepBeating()
  return {
    async send({ kind, ...rest }) {
      if (!closed) await add(kind, 'at' in rest ? String(rest.at) : '')
    },
    expectSeal: () => void (sealed = true),
    async close() {
      closed = true
      // After all that was sent on this connection, signs of life among it.
      await client.del([keys.commands])
    },
  }
}

/** Another one each time that the server is started. */
async function serverIdOf(client: QueueClient): Promise<string> {
  return /^run_id:(\w+)/m.exec(await client.info('server'))?.[1] ?? ''
}

/** Rejects when `work` takes longer. A server that was stopped keeps its connections, and answers nothing. */
export async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error(`no answer for ${ms / 1000} s`)), ms)
  try {
    return await Promise.race([work, timeout.promise])
  } finally {
    clearTimeout(timer)
    void ignoreFailure(work)
  }
}

/** A worker's listener. */
export interface CommandFollower {
  readonly onCommand: (command: RunCommand) => void
  /** Called for each command of somebody who is not of this run. */
  readonly onStranger: () => void
  /** The coordinator, or the queue, gave no sign of life for too long. */
  readonly onGone: () => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** The worker's side: follows the commands of a run from the first on. `client` is used for nothing else. */
export function followCommands(
  client: QueueClient,
  run: RunIdentity,
  { onCommand, onStranger, onGone, signal }: CommandFollower,
): void {
  let heardAt = performance.now()
  let last = '0'
  let lastNumber = 0
  // On its own: a server that was stopped lets a reader wait for ever.
  const watch = setInterval(() => {
    if (performance.now() - heardAt < coordinatorGoneMs) return
    clearInterval(watch)
    if (!signal.aborted) onGone()
  }, heartbeatMs)
  onAbort(signal, () => clearInterval(watch))

  async function read(): Promise<void> {
    const found = await client.xRead({ key: run.keys.commands, id: last }, { BLOCK: heartbeatMs, COUNT: keptCommands })
    for (const { id, message } of messagesOf(found)) {
      last = id
      const command = parse(message, run)
      if (!command || command.number <= lastNumber) {
        onStranger()
        continue
      }
      heardAt = performance.now()
      lastNumber = command.number
      if (command.kind === 'stop') onCommand({ kind: 'stop' })
      if (command.kind === 'begin') onCommand({ kind: 'begin', at: Number(command.at) })
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) await read().catch(() => sleep(heartbeatMs / 4))
  }

  void follow()
}

interface SentCommand {
  readonly kind: string
  /** Empty for a command that needs no time. */
  readonly at: string
  readonly number: string
}

/** The texts that a signature covers, beside the run. */
function signedOf({ kind, at, number }: SentCommand): readonly string[] {
  return ['command', kind, at, number]
}

/** Bytes of a command, at most. */
const mostCommandBytes = 200

/** Null for what the coordinator of the run has not sent. */
function parse(message: StreamMessage['message'], run: RunIdentity) {
  const { kind, at, number, signature } = message
  if (!kind || !at || !number || !signature || kind.length + at.length + number.length > mostCommandBytes) return null
  const command = { kind: String(kind), at: String(at), number: String(number) }
  return run.isSigned(signature, signedOf(command)) ? { ...command, number: Number(command.number) } : null
}

/** An entry of a stream. */
export interface StreamMessage {
  readonly id: string
  readonly message: Readonly<Record<string, Buffer>>
}

/** The entries that were read of one stream. */
export function messagesOf(found: unknown): StreamMessage[] {
  const streams = (found ?? []) as readonly {
    readonly messages: readonly { id: unknown; message: StreamMessage['message'] }[]
  }[]
  return streams.flatMap(({ messages }) => messages.map(({ id, message }) => ({ id: String(id), message })))
}
