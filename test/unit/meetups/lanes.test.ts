import { expect, test } from 'vitest'
import { createLanes } from '../../../src/lib/workloads/meetups/user/lanes.ts'

test('so much work is done at a time, the rest in order', async () => {
  const inLanes = createLanes(2, 1000)
  const begun: number[] = []
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<number>())
  const works = ends.map(({ promise }, number) =>
    inLanes(async () => {
      begun.push(number)
      return promise
    }),
  )
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1])
  ends[1]!.resolve(11)
  expect(await works[1]).toBe(11)
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 3])
  ends[0]!.reject(new Error('broken'))
  await expect(works[0]).rejects.toThrow('broken')
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 3, 2])
})

test('what has waited for too long is not done any more', async () => {
  let now = 0
  const inLanes = createLanes(1, 1000, () => now)
  const first = Promise.withResolvers<void>()
  const begun: string[] = []
  const works = [inLanes(() => first.promise), inLanes(async () => begun.push('late'))]
  await new Promise(setImmediate)
  now = 1001
  const third = inLanes(async () => begun.push('fresh'))
  first.resolve()
  await works[0]
  await expect(works[1]).rejects.toMatchObject({ code: 'unavailable' })
  await third
  expect(begun).toEqual(['fresh'])
})
