import { setTimeout as sleep } from 'node:timers/promises'
import { ignoreFailure } from '../base/abort.ts'
import type { QueueClient } from './client.ts'
import { reasonOf } from '../base/errors/errors.ts'
import { messagesOf, type StreamMessage } from './commands.ts'
import type { RunIdentity } from './run-identity.ts'

/** A message of a worker. */
export interface TelemetryMessage {
  /** The worker's shard, from 0. */
  readonly shard: number
  readonly kind: string
  readonly data: Buffer
}

/** Messages that wait for the coordinator, at most: what workers say must not fill the server's memory. */
const mostWaiting = 20_000

/** Bytes of a message, at most: the counts of a second of a hundred steps, however spread their times are, come to less. */
const mostMessageBytes = 32 * 1024 * 1024

/** A worker's way to the coordinator. */
export interface TelemetrySender {
  /** Resolves once the server has it. Rejects when the run is over, or the way was closed. */
  send(kind: string, data?: Buffer): Promise<void>
  /** Gives up what is not sent yet. */
  close(): void
}

interface Unsent {
  readonly fields: Record<string, string | Buffer>
  readonly sent: PromiseWithResolvers<void>
}

/** The stream is gone. */
class RunOver extends Error {}

/**
 * Sends messages in the order in which they come, those that come while others are on their way together. Messages are
 * numbered, so that one which was sent again because its answer was lost counts once.
 */
export function openTelemetry(client: QueueClient, run: RunIdentity, shard: number): TelemetrySender {
  const { keys } = run
  let waiting: Unsent[] = []
  let number = 0
  let closed: Error | null = null
  // A server that was stopped answers nothing, and nobody waits for it once this is closed.
  const closing = Promise.withResolvers<void>()
  let working = false

  async function sendAll(batch: readonly Unsent[]): Promise<void> {
    const multi = client.multi()
    for (const { fields } of batch) multi.xAddNoMkStream(keys.telemetry, '*', fields)
    const replies: unknown[] = await multi.xLen(keys.telemetry).exec()
    if (replies.slice(0, -1).includes(null)) throw new RunOver('the run is over')
    if (Number(replies.at(-1)) > mostWaiting)
      throw new RunOver(`the coordinator has ${mostWaiting} messages left to read`)
  }

  async function work(): Promise<void> {
    working = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      while (!closed) {
        try {
          const sending = sendAll(batch)
          void ignoreFailure(sending)
          await Promise.race([sending, closing.promise])
          break
        } catch (error) {
          if (error instanceof RunOver) closed = error
          else await sleep(100)
        }
      }
      for (const { sent } of batch)
        if (closed) sent.reject(closed)
        else sent.resolve()
    }
    working = false
  }

  return {
    send(kind, data = Buffer.alloc(0)) {
      const sent = Promise.withResolvers<void>()
      waiting.push({ fields: signedTelemetry(run, { shard, kind, data }, ++number), sent })
      if (!working) void work()
      return sent.promise
    },
    close() {
      closed ??= new RunOver('the way to the coordinator was closed')
      closing.resolve()
    },
  }
}

/** The coordinator's listener. */
export interface TelemetryReader {
  /** Called with each message once, in the order in which the server got them. What it returns is waited for. */
  readonly onTelemetry: (message: TelemetryMessage) => Promise<void>
  /** Called for each message of somebody who is not of this run. */
  readonly onStranger: () => void
  /** All that was said before `upTo`, on the server's clock, ms, has been read. */
  readonly onRead: (upTo: number) => void
  /** The server's time, ms. */
  readonly serverNow: () => number
}

/** The coordinator's side. */
export interface OpenedTelemetry {
  /** Lets nobody add to it any more, reads what is left, and deletes all keys of the run. */
  seal(): Promise<void>
  /** Reads no more. */
  close(): void
}

const mostAtOnce = 500
const waitMs = 200

/** Reads the telemetry of all workers until it is sealed or closed. `client` is used for nothing else. */
export function readTelemetry(
  client: QueueClient,
  run: RunIdentity,
  { onTelemetry, onStranger, onRead, serverNow }: TelemetryReader,
): OpenedTelemetry {
  const { keys } = run
  const numbers = new Map<number, number>()
  let last = '0'
  let closed = false

  async function take(messages: readonly StreamMessage[]): Promise<void> {
    const done: Promise<void>[] = []
    for (const { id, message } of messages) {
      last = id
      if (isOpening(message)) continue
      const parsed = parse(message, run)
      if (!parsed) onStranger()
      if (!parsed || parsed.number <= (numbers.get(parsed.shard) ?? 0)) continue
      numbers.set(parsed.shard, parsed.number)
      done.push(onTelemetry(parsed))
    }
    await Promise.all(done)
  }

  async function read(): Promise<void> {
    const askedAt = serverNow()
    const messages = messagesOf(
      await client.xRead({ key: keys.telemetry, id: last }, { BLOCK: waitMs, COUNT: mostAtOnce }),
    )
    await take(messages)
    onRead(messages.length === 0 ? askedAt : Number(last.split('-')[0]))
    if (messages.length > 0) await client.xTrim(keys.telemetry, 'MINID', afterLast(last))
  }

  async function readAll(): Promise<void> {
    while (!closed) await read().catch(() => sleep(waitMs))
  }

  /** Nobody adds to a stream of another name. False where it is gone already. */
  async function closeStream(): Promise<boolean> {
    try {
      await client.rename(keys.telemetry, keys.sealed)
      return true
    } catch (error) {
      if (reasonOf(error).includes('no such key')) return false
      throw error
    }
  }

  /** Reads what is left, but no more than workers leave: somebody may have flooded the stream. */
  async function readRest(): Promise<void> {
    for (let rounds = 0; rounds < mostWaiting / mostAtOnce; rounds++) {
      const messages = (await client.xRange(keys.sealed, `(${last}`, '+', { COUNT: mostAtOnce })) ?? []
      await take(messagesOf([{ messages }]))
      if (messages.length < mostAtOnce) return
    }
  }

  const reading = readAll()
  return {
    async seal() {
      closed = true
      await reading
      const askedAt = serverNow()
      // Not in one step with the reading: within one, messages come as texts, and bytes would be lost.
      if (await closeStream()) await readRest()
      await client.del([keys.sealed, keys.commands, keys.task])
      onRead(askedAt)
    },
    close: () => void (closed = true),
  }
}

function afterLast(id: string): string {
  const [ms, sequence] = id.split('-')
  return `${ms}-${Number(sequence) + 1}`
}

/** The fields of a message, the run's signature among them. Those of a shard are numbered from 1. */
export function signedTelemetry(
  run: RunIdentity,
  { shard, kind, data }: TelemetryMessage,
  number: number,
): Record<string, string | Buffer> {
  const said = { shard: String(shard), number: String(number), kind, data }
  return { ...said, signature: run.sign(signedOf(said)) }
}

/** The texts that a signature covers, beside the run. */
function signedOf({
  shard,
  number,
  kind,
  data,
}: Record<'shard' | 'number' | 'kind', string> & { readonly data: Buffer }) {
  return ['telemetry', shard, number, kind, data]
}

/** The message by which the coordinator makes the stream. It says nothing, whoever sends it. */
function isOpening(message: StreamMessage['message']): boolean {
  return Object.keys(message).length === 1 && String(message['kind']) === 'open'
}

/** Null for what no worker of the run has sent. */
function parse(
  message: StreamMessage['message'],
  run: RunIdentity,
): (TelemetryMessage & { readonly number: number }) | null {
  const { shard, number, kind, data, signature } = message
  if (!shard || !number || !kind || !data || !signature) return null
  if (data.length > mostMessageBytes || shard.length + number.length + kind.length > 100) return null
  const said = { shard: String(shard), number: String(number), kind: String(kind), data }
  if (!run.isSigned(signature, signedOf(said))) return null
  return { ...said, shard: Number(said.shard), number: Number(said.number) }
}
