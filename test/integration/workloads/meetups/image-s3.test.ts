import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readS3Place, openS3Blobs } from '../../../../src/lib/workloads/meetups/image/s3-blobs.ts'
import { chunkBytes, type ImageService, type UploadPart } from '../../../../src/lib/workloads/meetups/image/contract.ts'
import type { Blobs } from '../../../../src/lib/workloads/meetups/image/blobs.ts'
import { createImages, removeAbandoned } from '../../../../src/lib/workloads/meetups/image/service.ts'
import { maxBytes } from '../../../../src/lib/workloads/meetups/image/upload.ts'
import { makeImage, shortestImage } from '../../../support/meetups/images.ts'
import { createMeetupDatabase, meetupEngines, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'
import { startS3, type S3Server } from '../../../support/meetups/s3.ts'

const imageOf = (length: number) => makeImage('image/png', randomBytes(length - shortestImage))

async function* partsOf(ownerId: string, bytes: Buffer, end: object[] = [{ end: { bytes: bytes.length } }]) {
  yield { header: { ownerId, contentType: 'image/png' } }
  for (let at = 0; at < bytes.length; at += chunkBytes) yield { chunk: bytes.subarray(at, at + chunkBytes) }
  for (const part of end) yield part as UploadPart
}

describe('images in S3', () => {
  let s3: S3Server
  let place: MeetupDatabase
  let blobs: Blobs
  let service: ImageService
  const owner = randomUUID()

  beforeEach(async () => {
    s3 = await startS3()
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value)
    place = await createMeetupDatabase(meetupEngines[0]!.open!)
    blobs = await openS3Blobs(`s3://${s3.bucket}/trial`)
    service = createImages(place.database.store, blobs)
  })
  afterEach(async () => {
    await blobs.close()
    await place[Symbol.asyncDispose]()
    await s3[Symbol.asyncDispose]()
    vi.unstubAllEnvs()
  })

  async function read(id: string): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const { chunk } of service.download({ id }, new AbortController().signal)) chunks.push(chunk)
    for (const { length } of chunks) expect(length).toBeLessThanOrEqual(chunkBytes)
    return Buffer.concat(chunks)
  }

  it('come back as they were, the largest too, and go when their owner goes', async () => {
    const all = [imageOf(50), imageOf(chunkBytes + 1), imageOf(maxBytes)]
    const stored = await Promise.all(all.map((bytes) => service.upload(partsOf(owner, bytes))))
    expect(await s3.keys()).toEqual(stored.map(({ id }) => `trial/meetup-images/${id}`).toSorted())
    for (const [index, { id }] of stored.entries()) expect((await read(id)).equals(all[index]!)).toBe(true)
    expect(await service.deleteImagesOf({ ownerId: owner })).toEqual({ count: 3 })
    expect(await s3.keys()).toEqual([])
    await expect(read(stored[0]!.id)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('are whole or not at all', async () => {
    await expect(service.upload(partsOf(owner, imageOf(100), []))).rejects.toThrow('The upload broke off')
    await expect(service.upload(partsOf(owner, imageOf(maxBytes + 1)))).rejects.toMatchObject({ code: 'full' })
    expect(await s3.keys()).toEqual([])
    const { id } = await service.upload(partsOf(owner, imageOf(100)))
    await blobs.remove(id)
    await expect(read(id)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('are removed an hour later where no row tells of them, and nothing else of the bucket is', async () => {
    const other = await openS3Blobs(`s3://${s3.bucket}`)
    const [abandoned, elsewhere] = [randomUUID(), randomUUID()]
    await blobs.write(abandoned, bytesOf('x'))
    await blobs.write('not-of-ours', bytesOf('x'))
    await other.write(elsewhere, bytesOf('x'))
    await other.close()
    const { id } = await service.upload(partsOf(owner, imageOf(100)))
    const sweep = (now: number) => removeAbandoned(place.database.store, blobs, new AbortController().signal, now)
    expect(await sweep(Date.now())).toBe(0)
    expect(await sweep(Date.now() + 3_700_000)).toBe(1)
    const left = [`trial/meetup-images/${id}`, 'trial/meetup-images/not-of-ours', `meetup-images/${elsewhere}`]
    expect(await s3.keys()).toEqual(left.toSorted())
  })

  it('are unavailable while the server is away, and their keys are told to nobody', async () => {
    const { id } = await service.upload(partsOf(owner, imageOf(100)))
    await s3.stop()
    await expect(read(id)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(service.upload(partsOf(owner, imageOf(100)))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it.each([
    ['a bucket that there is not', {}, 's3://nobodys', 'NoSuchBucket'],
    ['a key that there is not', { AWS_ACCESS_KEY_ID: 'AKIANOBODY' }, 's3://pictures', 'InvalidAccessKeyId'],
    ['no server', { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' }, 's3://pictures', 'ECONNREFUSED'],
  ])('say at the start that they cannot be kept with %s', async (_what, env, url, reason) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const error = await openS3Blobs(url).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    )
    expect(error).toMatchObject({ code: 'images-unusable' })
    expect(error?.message).toContain(reason)
    expect(error?.message).not.toMatch(/S3RVER|AKIANOBODY/)
  })

  it('lie under a prefix of their own', () => {
    expect(readS3Place('s3://b')).toEqual({ bucket: 'b', prefix: 'meetup-images/' })
    expect(readS3Place('s3://b/a/c/')).toEqual({ bucket: 'b', prefix: 'a/c/meetup-images/' })
  })
})

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
}
