import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { formatCount } from '../base/format.ts'
import { runKeys, type RunKeys } from './names.ts'

/** The identity of a run: whoever has its key is its coordinator, or one of its workers. */
export interface RunIdentity {
  readonly id: string
  /** Random, and handed out with the run's jobs alone. */
  readonly key: string
  readonly keys: RunKeys
  /** Signs what is said in this run, part by part. */
  sign(parts: readonly (string | Buffer)[]): Buffer
  /** Whether that was signed in this run, and nothing of it is another. */
  isSigned(signature: unknown, parts: readonly (string | Buffer)[]): boolean
}

const keyBytes = 32

/** The form of a key: 32 bytes, base64url. */
export const runKeyPattern = /^[\w-]{43}$/

/** An identity that no other run has. */
export function createRunIdentity(): RunIdentity {
  return runIdentity(randomUUID(), randomBytes(keyBytes).toString('base64url'))
}

/** The identity of the run of that id and key. */
export function runIdentity(id: string, key: string): RunIdentity {
  const secret = Buffer.from(key, 'base64url')

  function sign(parts: readonly (string | Buffer)[]): Buffer {
    const hmac = createHmac('sha256', secret).update(id)
    // With its length, so that no part can end elsewhere.
    for (const part of parts) hmac.update(`/${Buffer.byteLength(part)}:`).update(part)
    return hmac.digest()
  }

  return {
    id,
    key,
    keys: runKeys(id),
    sign,
    isSigned(signature, parts) {
      if (!Buffer.isBuffer(signature)) return false
      const right = sign(parts)
      return signature.length === right.length && timingSafeEqual(signature, right)
    },
  }
}

/** Counts messages that a run did not sign, which are dropped, and says so: of the first at once. */
export interface StrangerCount {
  add(): void
  /** Says how many there were, where there was more than one. */
  finish(): void
}

/** A count of none yet; `onNote` is told in words. */
export function countStrangers(onNote: (text: string) => void): StrangerCount {
  let count = 0
  return {
    add() {
      if (++count === 1) onNote('dropped a message on the queue that was not signed by this run')
    },
    finish() {
      if (count > 1) onNote(`dropped ${formatCount(count)} messages on the queue that were not signed by this run`)
    },
  }
}
