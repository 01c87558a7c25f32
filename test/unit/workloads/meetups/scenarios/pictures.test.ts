import { crc32, inflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { createRandom } from '../../../../../src/lib/base/random.ts'
import { contentTypeOf } from '../../../../../src/lib/workloads/meetups/image/upload.ts'
import { makePng } from '../../../../../src/lib/workloads/meetups/scenarios/pictures.ts'

function chunksOf(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    const typed = png.subarray(at + 4, at + 8 + length)
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(typed))
    chunks.set(typed.toString('latin1', 0, 4), typed.subarray(4))
    at += 12 + length
  }
  return chunks
}

it('makes a PNG of 16 by 16 pixels that any program can show', () => {
  const png = makePng(createRandom('x'))
  expect(contentTypeOf(png)).toBe('image/png')
  const chunks = chunksOf(png)
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND'])
  expect(chunks.get('IHDR')!.toString('hex')).toBe('00000010000000100802000000')
  // 16 rows, each with a filter and 16 pixels of 3 bytes.
  const rows = inflateSync(chunks.get('IDAT')!)
  expect(rows).toHaveLength(16 * 49)
  for (let row = 0; row < 16; row++) expect(rows[row * 49]).toBe(0)
})

it('makes another one each time, and the same with the same seed', () => {
  const random = createRandom('x')
  const [one, other] = [makePng(random), makePng(random)]
  expect(one.equals(other)).toBe(false)
  expect(makePng(createRandom('x')).equals(one)).toBe(true)
})
