import { validateServiceConfig } from '@grpc/grpc-js/build/src/service-config.js'
import { describe, expect, it } from 'vitest'
import { definitionOf } from '../../../../../src/lib/workloads/meetups/rpc/contracts.ts'
import { deadlineOf, serviceConfigOf } from '../../../../../src/lib/workloads/meetups/rpc/service-config.ts'

const names = ['UserService', 'PostService', 'ChatService', 'ImageService', 'SagaService'] as const
const services = await Promise.all(
  names.map(async (name) => {
    const definition = Object.values(await definitionOf(name))
    return { name, definition, config: serviceConfigOf(definition) }
  }),
)

describe('the service config', () => {
  it.each(services)('of $name is one that gRPC takes', ({ config }) => {
    expect(() => validateServiceConfig(JSON.parse(JSON.stringify(config)))).not.toThrow()
  })

  it('tries nothing again that changes something more when it is done twice', () => {
    const retried = services.flatMap(({ config }) =>
      config.methodConfig.flatMap(({ retryPolicy, name }) => (retryPolicy ? name.map(({ method }) => method) : [])),
    )
    expect(new Set(retried)).toEqual(
      new Set([
        'ApprovePost',
        'CloseRoom',
        'CreateRoom',
        'DeleteImagesOf',
        'Download',
        'GetApplications',
        'GetImages',
        'GetImagesById',
        'GetMembers',
        'GetMessages',
        'GetPosts',
        'GetPublicKeys',
        'GetRooms',
        'GetUsers',
        'ListMessages',
        'ListPosts',
        'RejectPost',
        'Subscribe',
        'Watch',
      ]),
    )
  })

  it('has a deadline for everything but streams of responses, longer where passwords are hashed or bytes come', () => {
    const deadlines = Object.fromEntries(
      services.flatMap(({ definition }) => definition.map((method) => [method.originalName, deadlineOf(method)])),
    )
    expect(deadlines).toMatchObject({ listPosts: 5, createApplication: 5, login: 25, upload: 30 })
    expect(deadlines).toMatchObject({ subscribe: null, watch: null, download: null })
    const { methodConfig } = services[1]!.config
    expect(methodConfig).toContainEqual({
      name: [{ service: 'rushbench.meetups.PostService', method: 'CreateApplication' }],
      timeout: { seconds: 5, nanos: 0 },
    })
  })
})
