import { hashText, mix32 } from '../base/random.ts'
import type { LedgerEntry } from '../ports/scenario.ts'
import type { StoredBooking } from './booking-tables.ts'

/**
 * How a row relates to the ledger: it belongs to nobody there (`foreign`); is the booking that was acknowledged; one that was
 * not acknowledged, for the first time or `again`; another one under the key of an acknowledged booking (`stray`); or one
 * whose every attempt was `refused`.
 */
export type Match = 'foreign' | 'acknowledged' | 'unacknowledged' | 'again' | 'stray' | 'refused'

/** The promises of a ledger, as fingerprints of its entries by key. */
export interface LedgerIndex {
  /**
   * The strongest of several entries under one key counts: an acknowledgement (the first of them), then an attempt of
   * which nobody knows, and a refusal last: who repeats a request may be refused because the first one was stored.
   */
  add(entry: LedgerEntry): void
  /** Says what the row is, and remembers that it was there. */
  match(row: StoredBooking): Match
  /** Whether the row that this entry was acknowledged for has been there. */
  isStored(entry: LedgerEntry): boolean
  /** Acknowledged bookings whose row has not been there so far. */
  readonly missing: number
  /** Acknowledgements under a key for which another booking had been acknowledged before. */
  readonly contradicted: number
}

/** Bits of what is known of a key; `attempted`: it is in the ledger. */
const attempted = 1
const booked = 2
const withoutId = 4
const stored = 8
/** An attempt that may have been carried out, though nobody said so. */
const doubtful = 16
/** Several attempts for different resources were refused. */
const refusedOften = 32

/** Smaller tables are not worth having. */
const minSlots = 1024

/**
 * Creates an index for about `expected` entries in 13 bytes a slot, with two thirds of the slots or fewer taken (open addressing,
 * linear probing). A key is held as 64 bits: among ten million of them and ten million rows, the chance that any two
 * are taken for one another is one in 180,000, and of such a pair the acknowledged booking's id would have to be the
 * same in 32 bits more before a loss was overlooked.
 */
export function createLedgerIndex(expected: number): LedgerIndex {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(minSlots, expected * 1.5)))
  const high = new Uint32Array(slots)
  const low = new Uint32Array(slots)
  const acknowledged = new Uint32Array(slots)
  const states = new Uint8Array(slots)
  let missing = 0
  let contradicted = 0

  /** The slot of the key, or the free one where it belongs. */
  function slotOf(key: string): number {
    const first = hash(key)
    const second = hash(key, 0x1b873593, 0x85ebca6b)
    let slot = second & (slots - 1)
    while (states[slot] !== 0 && (high[slot] !== first || low[slot] !== second)) slot = (slot + 1) & (slots - 1)
    high[slot] = first
    low[slot] = second
    return slot
  }

  const is = (slot: number, bit: number): boolean => ((states[slot] as number) & bit) !== 0
  const mark = (slot: number, bits: number): void => void (states[slot] = (states[slot] as number) | bits)

  return {
    add({ key, outcome, id, resource }) {
      const slot = slotOf(key)
      if (outcome === 'booked' && !is(slot, booked)) {
        mark(slot, booked | (id === undefined ? withoutId : 0))
        acknowledged[slot] = hashBooking(id, resource)
        missing++
      } else if (outcome === 'booked' && acknowledged[slot] !== hashBooking(id, resource)) contradicted++
      if (outcome === 'conflict' && !is(slot, booked | doubtful)) {
        const refused = hashBooking(undefined, resource)
        if (!is(slot, attempted)) acknowledged[slot] = refused
        else if (acknowledged[slot] !== refused) mark(slot, refusedOften)
      }
      mark(slot, outcome === 'unknown' || outcome === 'failed' ? attempted | doubtful : attempted)
    },
    match({ key, id, resource }) {
      const slot = slotOf(key)
      if (!is(slot, attempted)) return 'foreign'
      const again = is(slot, stored)
      if (!is(slot, booked | doubtful)) {
        // A key that was refused for one resource may be under way for another one when a load is killed.
        const isThatOne = is(slot, refusedOften) || acknowledged[slot] === hashBooking(undefined, resource)
        return isThatOne ? 'refused' : 'foreign'
      }
      if (!is(slot, booked)) {
        mark(slot, stored)
        return again ? 'again' : 'unacknowledged'
      }
      if (again || acknowledged[slot] !== hashBooking(is(slot, withoutId) ? undefined : id, resource)) return 'stray'
      mark(slot, stored)
      missing--
      return 'acknowledged'
    },
    isStored({ key, id, resource }) {
      const slot = slotOf(key)
      return is(slot, booked) && is(slot, stored) && acknowledged[slot] === hashBooking(id, resource)
    },
    get missing() {
      return missing
    },
    get contradicted() {
      return contradicted
    },
  }
}

/** Returns in which of `passes`, all about as large, a key is looked at. */
export function passOf(key: string, passes: number): number {
  return passes === 1 ? 0 : hash(key, 0x9e3779b9) % passes
}

function hashBooking(id: number | string | undefined, resource: number | string): number {
  return hash(`${id ?? ''}\n${resource}`)
}

/** FNV-1a alone leaves the low bits of similar texts alike. */
function hash(text: string, start?: number, prime?: number): number {
  return mix32(hashText(text, start, prime))
}
