import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Consumption, Message } from '../../../src/lib/ports/broker.ts'

/** Longest wait for a message, ms: far longer than it takes on a busy machine. */
const patienceMs = 45_000

/** Messages and errors that a member of a group received. */
export interface Recording extends Pick<Consumption, 'handle' | 'onError'> {
  readonly handled: Message[]
  readonly errors: Error[]
  /** Batches whose handling was begun. */
  begun(): number
  largestBatch(): number
}

/** Keeps what it is handed, `delayMs` after it was. */
export function startRecording(delayMs = 0): Recording {
  const handled: Message[] = []
  const errors: Error[] = []
  let begun = 0
  let largest = 0
  return {
    handled,
    errors,
    begun: () => begun,
    largestBatch: () => largest,
    async handle(messages) {
      begun++
      largest = Math.max(largest, messages.length)
      if (delayMs > 0) await sleep(delayMs)
      handled.push(...messages)
    },
    onError: (error) => void errors.push(error),
  }
}

/** A message with `value` in decimal digits. */
export function message(value: number, key = 'key'): Message {
  return { key, value: Buffer.from(String(value)) }
}

/** The value of a message, as text. */
export function textOf({ value }: Message): string {
  return value.toString()
}

/** Returns the values of each key's messages, in their order. */
export function valuesByKey(messages: readonly Message[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>()
  for (const { key, value } of messages) byKey.set(key, [...(byKey.get(key) ?? []), value.toString('latin1')])
  return byKey
}

/** All that a topic holds. */
export async function readAll(broker: Broker, topic: string): Promise<Message[]> {
  const read: Message[] = []
  for await (const each of broker.read(topic)) read.push(each)
  return read
}

/** Throws when it has not come about after a long time. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`it has not come about: ${condition.toString()}`)
    await sleep(20)
  }
}
