import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createServices } from '../../../src/lib/app/services.ts'

it('opens a part once, tries again what failed, and says what is open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-services-'))
  const inTheWay = join(folder, 'brokers')
  await writeFile(inTheWay, 'a file, not a folder')
  const url = `sqlite:${join(inTheWay, 'broker.db')}`
  await using services = createServices({ cache: 'memory', broker: url, db: 'sqlite:unused.db' })
  await expect(services.openBroker()).rejects.toThrow()
  expect(services.describe()).toEqual([])
  await rm(inTheWay)
  const [one, same] = await Promise.all([services.openBroker(), services.openBroker()])
  expect(same).toBe(one)
  expect(await services.openBroker()).toBe(one)
  expect(services.describe()).toEqual([`broker ${url}`])
  await rm(folder, { recursive: true })
})
