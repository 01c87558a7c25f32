import fc from 'fast-check'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Blobs, openDiskBlobs } from '../../../../src/lib/workloads/meetups/image/blobs.ts'
import { chunkBytes, type ImageService, type UploadPart } from '../../../../src/lib/workloads/meetups/image/contract.ts'
import {
  removeImages,
  maxImages,
  createImages,
  removeAbandoned,
} from '../../../../src/lib/workloads/meetups/image/service.ts'
import { type ContentType, maxBytes } from '../../../../src/lib/workloads/meetups/image/upload.ts'
import { images as imageTable } from '../../../../src/lib/workloads/meetups/image/tables.ts'
import { connectRpc } from '../../../../src/lib/workloads/meetups/rpc/client.ts'
import { served, startRpcServer } from '../../../../src/lib/workloads/meetups/rpc/server.ts'
import { makeImage, shortestImage } from '../../../support/meetups/images.ts'
import { createMeetupBackends, type MeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

/** A whole one of that length, at random. */
const imageOf = (contentType: ContentType, length: number) =>
  makeImage(contentType, randomBytes(length - shortestImage))

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function* partsOf(ownerId: string, contentType: string, chunks: Iterable<Buffer>): AsyncGenerator<UploadPart> {
  yield { header: { ownerId, contentType } }
  let bytes = 0
  for (const chunk of chunks) {
    bytes += chunk.length
    yield { chunk }
  }
  yield { end: { bytes } }
}

for (const engine of meetupEngines) {
  describe.skipIf(engine.open === null)(`images on ${engine.name}`, () => {
    let place: MeetupBackends
    let folder: string
    let blobs: Blobs
    let service: ImageService
    let owner: string

    beforeEach(async () => {
      place = await createMeetupBackends(engine.open!)
      folder = join(place.folder, 'images')
      blobs = await openDiskBlobs(folder)
      service = createImages(place.database.store, blobs)
      owner = randomUUID()
    })

    afterEach(async () => {
      await place[Symbol.asyncDispose]()
    })

    const upload = (bytes: Buffer, contentType = 'image/png', size = chunkBytes) =>
      service.upload(partsOf(owner, contentType, cut(bytes, size)))
    const stored = async () => (await service.getImages({ ownerIds: [owner] })).images
    const files = () => readdir(folder)

    async function read(id: string): Promise<Buffer> {
      const chunks: Buffer[] = []
      for await (const { chunk } of service.download({ id }, new AbortController().signal)) chunks.push(chunk)
      for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(chunkBytes)
      return Buffer.concat(chunks)
    }

    it('keeps images as they are, in whatever chunks they come', async () => {
      const property = fc.asyncProperty(
        fc.constantFrom<ContentType>('image/png', 'image/jpeg', 'image/webp'),
        fc.integer({ min: shortestImage, max: 3000 }),
        fc.integer({ min: 1, max: 700 }),
        async (contentType, length, size) => {
          owner = randomUUID()
          const bytes = imageOf(contentType, length)
          const image = await upload(bytes, contentType, size)
          expect(image).toMatchObject({ ownerId: owner, contentType, bytes: length })
          expect(await stored()).toEqual([image])
          expect((await read(image.id)).equals(bytes)).toBe(true)
        },
      )
      await fc.assert(property, { numRuns: 15 })
    })

    it('takes the largest image, and nothing of a larger one', async () => {
      const largest = imageOf('image/png', maxBytes)
      const { id } = await upload(largest)
      expect((await read(id)).equals(largest)).toBe(true)
      await expect(upload(Buffer.concat([largest, Buffer.from('x')]))).rejects.toMatchObject({ code: 'full' })
      expect(await files()).toEqual([id])
    })

    it('keeps nothing of what is no image, or is cut off', async () => {
      const png = imageOf('image/png', 100)
      await expect(upload(png, 'image/jpeg')).rejects.toMatchObject({ code: 'invalid' })
      await expect(upload(png, 'image/svg+xml')).rejects.toMatchObject({ code: 'invalid' })
      await expect(upload(png.subarray(0, 11))).rejects.toMatchObject({ code: 'invalid' })
      await expect(upload(Buffer.alloc(0))).rejects.toMatchObject({ code: 'invalid' })
      await expect(upload(imageOf('image/png', chunkBytes + 1), 'image/png', chunkBytes + 1)).rejects.toMatchObject({
        code: 'invalid',
      })
      for (const type of ['image/png', 'image/jpeg', 'image/webp'] as const) {
        const whole = imageOf(type, 100)
        for (const wrong of [whole.subarray(0, 20), whole.subarray(0, -1), Buffer.concat([whole, Buffer.from('x')])])
          await expect(upload(wrong, type)).rejects.toMatchObject({ code: 'invalid' })
      }
      await expect(service.upload(partsOf('../x', 'image/png', [png]))).rejects.toMatchObject({ code: 'invalid' })
      async function* headless(): AsyncGenerator<UploadPart> {
        yield { chunk: png }
      }
      await expect(service.upload(headless())).rejects.toMatchObject({ code: 'invalid' })
      async function* endless(...rest: UploadPart[]): AsyncGenerator<UploadPart> {
        yield { header: { ownerId: owner, contentType: 'image/png' } }
        yield { chunk: png }
        yield* rest
      }
      await expect(service.upload(endless())).rejects.toThrow('The upload broke off')
      await expect(service.upload(endless({ end: { bytes: 101 } }))).rejects.toThrow('100 bytes instead of 101')
      async function* broken(): AsyncGenerator<UploadPart> {
        yield { header: { ownerId: owner, contentType: 'image/png' } }
        yield { chunk: png }
        throw new Error('the client went away')
      }
      await expect(service.upload(broken())).rejects.toThrow('the client went away')
      expect(await files()).toEqual([])
      expect(await stored()).toEqual([])
    })

    it('keeps no more than an owner may have, however many come at once', async () => {
      const uploads = Array.from({ length: maxImages + 5 }, () => upload(imageOf('image/png', 50)))
      const results = await Promise.allSettled(uploads)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(maxImages)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'full' })
      }
      expect(await stored()).toHaveLength(maxImages)
      expect(await files()).toHaveLength(maxImages)
    })

    it('removes what an owner has, and takes no more, also what was under way and for one it did not know', async () => {
      const { id } = await upload(imageOf('image/png', 50))
      const goesOn = Promise.withResolvers<void>()
      async function* slow(): AsyncGenerator<UploadPart> {
        for await (const part of partsOf(owner, 'image/png', [imageOf('image/png', 50)])) {
          if ('end' in part) await goesOn.promise
          yield part
        }
      }
      const underWay = service.upload(slow())
      await expect.poll(async () => (await files()).length).toBe(2)
      expect(await service.deleteImagesOf({ ownerId: owner })).toEqual({ count: 1 })
      goesOn.resolve()
      await expect(underWay).rejects.toMatchObject({ code: 'wrong-state' })
      expect(await service.deleteImagesOf({ ownerId: owner })).toEqual({ count: 0 })
      await expect(read(id)).rejects.toMatchObject({ code: 'not-found' })
      owner = randomUUID()
      await service.deleteImagesOf({ ownerId: owner })
      await expect(upload(imageOf('image/png', 50))).rejects.toMatchObject({ code: 'wrong-state' })
      expect(await files()).toEqual([])
    })

    it('removes one of them once, however many ask for it at once, and gives its place back', async () => {
      const all = await Promise.all(Array.from({ length: maxImages }, () => upload(imageOf('image/png', 50))))
      const { id } = all[0]!
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => service.deleteImage({ id })))
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const tried of tries) if (tried.status === 'rejected') expect(tried.reason.code).toBe('not-found')
      expect(await files()).not.toContain(id)
      await upload(imageOf('image/png', 50))
      await expect(upload(imageOf('image/png', 50))).rejects.toMatchObject({ code: 'full' })
      expect(await stored()).toHaveLength(maxImages)
    })

    it('goes on with a removal in which a process died', async () => {
      const { id } = await upload(imageOf('image/png', 50))
      const dying = createImages(place.database.store, { ...blobs, remove: () => Promise.reject(new Error('killed')) })
      await expect(dying.deleteImage({ id })).rejects.toThrow('killed')
      expect(await files()).toEqual([id])
      await removeAbandoned(place.database.store, blobs, new AbortController().signal)
      expect([await stored(), await files()]).toEqual([[], []])
      await expect(service.deleteImage({ id })).rejects.toMatchObject({ code: 'not-found' })
    })

    it('removes those of messages with their room, also what is under way, and takes no more', async () => {
      const room = randomUUID()
      const goesOn = Promise.withResolvers<void>()
      async function* ofMessage(waits: boolean): AsyncGenerator<UploadPart> {
        const header = { ownerId: owner, ownerKind: 'message', roomId: room, contentType: 'image/png' } as const
        for await (const part of partsOf(owner, 'image/png', [imageOf('image/png', 50)])) {
          if ('end' in part && waits) await goesOn.promise
          yield 'header' in part ? { header } : part
        }
      }
      await service.upload(ofMessage(false))
      const underWay = service.upload(ofMessage(true))
      await expect.poll(async () => (await files()).length).toBe(2)
      expect(await service.deleteImagesOf({ ownerId: room })).toEqual({ count: 1 })
      goesOn.resolve()
      await expect(underWay).rejects.toMatchObject({ code: 'wrong-state' })
      owner = randomUUID()
      await expect(service.upload(ofMessage(false))).rejects.toMatchObject({ code: 'wrong-state' })
      expect([await stored(), await files()]).toEqual([[], []])
    })

    it('removes the images of a post that was deleted', async () => {
      await upload(imageOf('image/png', 50))
      const event = {
        id: randomUUID(),
        type: 'post-deleted',
        aggregate: owner,
        at: 0,
        payload: { postId: owner },
      } as const
      for (let n = 0; n < 2; n++) await removeImages(service, [event])
      expect([await stored(), await files()]).toEqual([[], []])
    })

    it('removes what a killed process has left, and nothing else', async () => {
      const { id } = await upload(imageOf('image/png', 50))
      const ended = spawn(process.execPath, ['--version'])
      await once(ended, 'exit')
      const host = hostname().replaceAll(/[^\w-]/g, '-')
      const killed = `${randomUUID()}.${host}.${ended.pid}.part`
      const atWork = `${randomUUID()}.${host}.${process.ppid}.part`
      const before = `${randomUUID()}.${host}.${process.pid}.part`
      const elsewhere = `${randomUUID()}.another-host.${ended.pid}.part`
      const [old, young] = [randomUUID(), randomUUID()]
      const others = ['README', 'film.part']
      const names = [old, young, ...others, killed, atWork, before, elsewhere]
      await mkdir(folder, { recursive: true })
      for (const name of names) await writeFile(join(folder, name), 'x')
      const longAgo = new Date(Date.now() - 7_200_000)
      for (const name of [id, old, ...others]) await utimes(join(folder, name), longAgo, longAgo)
      const again = await openDiskBlobs(folder)
      expect(await removeAbandoned(place.database.store, again, new AbortController().signal)).toBe(1)
      expect((await files()).sort()).toEqual([id, young, ...others, atWork, elsewhere].sort())
      expect(await place.database.store.count(imageTable)).toBe(1)
    })
  })
}

describe('images over gRPC', () => {
  it('come back as they went, and an upload that is refused says why', async () => {
    await using place = await createMeetupBackends(meetupEngines[0]!.open!)
    const service = createImages(place.database.store, await openDiskBlobs(join(place.folder, 'images')))
    const server = await startRpcServer(
      [served('ImageService', service)],
      { host: '127.0.0.1', port: 0, secret: 'secret' },
      () => {},
    )
    const client = await connectRpc('ImageService', { part: 'image', address: server.address, secret: 'secret' })
    const bytes = imageOf('image/webp', 1_000_000)
    const ownerId = randomUUID()
    const image = await client.api.upload(partsOf(ownerId, 'image/webp', cut(bytes, chunkBytes)))
    const chunks: Buffer[] = []
    for await (const { chunk } of client.api.download({ id: image.id }, new AbortController().signal))
      chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    const tooMuch = cut(imageOf('image/webp', maxBytes + chunkBytes), chunkBytes)
    await expect(client.api.upload(partsOf(ownerId, 'image/webp', tooMuch))).rejects.toMatchObject({ code: 'full' })
    await expect(client.api.upload(partsOf(ownerId, 'image/gif', [bytes.subarray(0, 9)]))).rejects.toMatchObject({
      code: 'invalid',
    })
    client.close()
    await server.close()
  })
})
