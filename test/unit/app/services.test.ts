import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createParts } from '../../../src/lib/app/services.ts'

it('opens a part once, tries again what failed, and says what is open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-parts-'))
  const inTheWay = join(folder, 'brokers')
  await writeFile(inTheWay, 'a file, not a folder')
  const url = `sqlite:${join(inTheWay, 'broker.db')}`
  await using parts = createParts({ cache: 'memory', broker: url })
  await expect(parts.openBroker()).rejects.toThrow()
  expect(parts.describe()).toEqual([])
  await rm(inTheWay)
  const [one, same] = await Promise.all([parts.openBroker(), parts.openBroker()])
  expect(same).toBe(one)
  expect(await parts.openBroker()).toBe(one)
  expect(parts.describe()).toEqual([`broker ${url}`])
  await rm(folder, { recursive: true })
})
