import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createKeptBody,
  keepBytes,
  keptBytes,
  createRecentBodies,
  type RecentBodies,
} from '../../../../../src/lib/load/clients/http/kept-body.ts'

/** Keeps `body` as it comes in pieces of `pieceBytes`, all through one buffer as on a socket. */
function keep(recent: RecentBodies, body: Buffer, pieceBytes: number, announced: number | null = body.length): Buffer {
  const kept = createKeptBody(announced, recent)
  const shared = Buffer.alloc(pieceBytes)
  for (let at = 0; at < body.length; at += pieceBytes) {
    const length = body.copy(shared, 0, at, at + pieceBytes)
    keepBytes(kept, recent, shared, 0, length)
    shared.fill('!')
  }
  return keptBytes(kept, recent)
}

describe('a kept body', () => {
  it('is the same buffer when an equal one came before', () => {
    const recent = createRecentBodies()
    const [one, other] = [Buffer.alloc(5000, 'a'), Buffer.alloc(5000, 'b')]
    const [first, second] = [keep(recent, one, 700), keep(recent, other, 700)]
    expect(keep(recent, one, 1300)).toBe(first)
    expect(keep(recent, other, 5000)).toBe(second)
    expect(keep(recent, Buffer.alloc(6000, 'a'), 700)).not.toBe(first)
  })

  it('is not remembered when it is small, nor for ever', () => {
    const recent = createRecentBodies()
    const small = Buffer.alloc(100, 'a')
    expect(keep(recent, small, 10)).not.toBe(keep(recent, small, 10))
    const large = Buffer.alloc(5000, 'a')
    const first = keep(recent, large, 5000)
    for (let other = 0; other < 8; other++) keep(recent, Buffer.alloc(5000, other), 5000)
    expect(keep(recent, large, 5000)).not.toBe(first)
  })

  it('is what was sent, whatever came before it, and stays so', () => {
    // Few letters and one length, so that bodies begin alike, differ late, and come again.
    const ends = fc.array(fc.tuple(fc.nat(4999), fc.constantFrom('b', 'c')), { maxLength: 3 })
    const sent = fc.record({ ends, piece: fc.integer({ min: 1, max: 5000 }), isAnnounced: fc.boolean() })
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 14 }), (answers) => {
        const recent = createRecentBodies()
        const kept: { readonly body: Buffer; readonly bytes: Buffer }[] = []
        for (const { ends: changes, piece, isAnnounced } of answers) {
          const body = Buffer.alloc(5000, 'a')
          for (const [at, letter] of changes) body.write(letter, at)
          kept.push({ body, bytes: keep(recent, body, piece, isAnnounced ? body.length : null) })
        }
        for (const { body, bytes } of kept) expect(bytes.equals(body)).toBe(true)
      }),
    )
  })
})
