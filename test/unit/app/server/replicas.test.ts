import { describe, expect, it } from 'vitest'
import { restartAlways } from '../../../../src/lib/app/server/replicas.ts'

describe('restartAlways', () => {
  it('waits longer each time that a replica ends soon after its start, and gives up', () => {
    const said: string[] = []
    const supervisor = restartAlways(
      2,
      (text) => said.push(text),
      () => {},
    )
    supervisor.onStart('http://127.0.0.1:3001', 42)
    const pauses = Array.from({ length: 6 }, () => supervisor.onEnd('signal SIGKILL', 10))
    expect(pauses).toEqual([100, 200, 400, 800, 1600, null])
    expect(said[0]).toBe('replica 2 listens on http://127.0.0.1:3001 (process 42)')
    expect(said[1]).toBe('replica 2 ended: signal SIGKILL; it is started again')
    expect(said.at(-1)).toBe('replica 2 ended: signal SIGKILL')
  })

  it('forgets that once a replica has lived for a while', () => {
    const supervisor = restartAlways(
      1,
      () => {},
      () => {},
    )
    for (let times = 0; times < 5; times++) supervisor.onEnd('x', 0)
    expect(supervisor.onEnd('x', 60_000)).toBe(100)
    expect(supervisor.onEnd('x', 0)).toBe(200)
  })
})
