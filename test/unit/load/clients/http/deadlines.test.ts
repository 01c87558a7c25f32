import { describe, expect, it } from 'vitest'
import { createDeadlines } from '../../../../../src/lib/load/clients/http/deadlines.ts'
import { createVirtualClock } from '../../../../support/load/virtual-clock.ts'

/** Deadlines of 100 ms on a virtual clock, with when each item was overdue. */
function create() {
  const clock = createVirtualClock()
  const overdue: [item: string, at: number][] = []
  const deadlines = createDeadlines<string>(clock, 100, (item) => overdue.push([item, clock.now()]))
  return { clock, deadlines, overdue }
}

describe('createDeadlines', () => {
  it('says of each item when its time is over', async () => {
    const { clock, deadlines, overdue } = create()
    deadlines.add('first')
    clock.schedule(40, () => deadlines.add('second'))
    clock.schedule(250, () => deadlines.add('third'))
    await clock.runAll()
    expect(overdue).toEqual([
      ['first', 100],
      ['second', 140],
      ['third', 350],
    ])
  })

  it('keeps the time of those that are there, though what is overdue is followed by another at once', async () => {
    const clock = createVirtualClock()
    const overdue: number[] = []
    const deadlines = createDeadlines<object>(clock, 100, () => {
      overdue.push(clock.now())
      if (clock.now() < 200) deadlines.add({})
    })
    deadlines.add({})
    clock.schedule(40, () => deadlines.add({}))
    await clock.runAll()
    expect(overdue).toEqual([100, 140, 200, 240])
  })

  it('says nothing of what was removed in time', async () => {
    const { clock, deadlines, overdue } = create()
    deadlines.add('first')
    deadlines.add('second')
    clock.schedule(99, () => deadlines.remove('first'))
    await clock.runAll()
    expect(overdue).toEqual([['second', 100]])
  })

  it('can be told to look while its timer is late', () => {
    let now = 0
    const overdue: string[] = []
    const deadlines = createDeadlines<string>({ now: () => now, schedule: () => () => {} }, 100, (item) =>
      overdue.push(item),
    )
    deadlines.add('first')
    now = 99
    deadlines.check()
    expect(overdue).toEqual([])
    now = 130
    deadlines.check()
    deadlines.check()
    expect(overdue).toEqual(['first'])
  })

  it('sets one timer for thousands of items that are removed in time', async () => {
    const { clock } = create()
    let timers = 0
    const schedule = (ms: number, callback: () => void): (() => void) => {
      timers++
      return clock.schedule(ms, callback)
    }
    const deadlines = createDeadlines<number>({ now: clock.now, schedule }, 100, () => {})
    for (let item = 0; item < 5000; item++) deadlines.add(item)
    for (let item = 0; item < 5000; item++) deadlines.remove(item)
    await clock.runAll()
    expect(timers).toBe(1)
  })

  it('forgets everything when it is cleared, and can be used again', async () => {
    const { clock, deadlines, overdue } = create()
    deadlines.add('first')
    deadlines.clear()
    await clock.runAll()
    expect([overdue, clock.now()]).toEqual([[], 0])
    deadlines.add('second')
    await clock.runAll()
    expect(overdue).toEqual([['second', 100]])
  })

  it('lets an item be removed or added while it is told of others', async () => {
    const { clock } = create()
    const overdue: string[] = []
    const deadlines = createDeadlines<string>(clock, 100, (item) => {
      overdue.push(item)
      deadlines.remove('second')
      if (item === 'first') deadlines.add('third')
    })
    deadlines.add('first')
    deadlines.add('second')
    await clock.runAll()
    expect(overdue).toEqual(['first', 'third'])
    expect(clock.now()).toBe(200)
  })
})
