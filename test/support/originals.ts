import { testsOfDatabaseLines, type TestsOfLines } from './database-originals.ts'

/**
 * The tests that hold each line of the table at the head of a workload's page (docs/workloads), by what the original does:
 * a line without one, and a test that there is not, fail test/unit/workloads/originals.test.ts.
 */
export const testsOfLines: TestsOfLines = {
  ...testsOfDatabaseLines,
  vaccination: {
    'a month straight from the database, or through a cache, under two paths': {
      'integration/workloads/vaccination/api.test.ts': [
        'shows a month and a day, in order of time',
        'shows the same through the cache, with one database read however many ask',
      ],
    },
    'compresses every response anew': {
      'integration/workloads/vaccination/api.test.ts':
        'compresses the calendar as is asked for, and says that it depends on that',
      'unit/workloads/shared/http/encoding.test.ts': [
        'is one that there is, whatever comes',
        'are loaded once and compressed once, however many ask in whatever encoding',
      ],
    },
    'pages of every origin may use it (CORS)': {
      'integration/workloads/shared/http/every-api.test.ts':
        'lets pages of the origins that are named use it, and no others',
      'unit/workloads/shared/http/cors.test.ts': 'lets pages of every origin in by a star, without cookies',
    },
    'a booking is answered without its id': {
      'integration/workloads/vaccination/api.test.ts': 'books a place, and takes it from the stock',
    },
    'checks the stock, then books: of many at once more get a place than there are': {
      'integration/workloads/vaccination/api.test.ts':
        'never sells a place twice: of 120 at once for 50 places, 50 get one',
    },
    'its users (a Locust file) look at two months, and one in three books a free slot of either': {
      'unit/workloads/vaccination/scenarios.test.ts': [
        'books in either month: each slot that is free as often as another',
        'writes down a booking whose answer has no id, as the original answers: %j',
        'books slots whose ids are texts, as those of the original are, and sends them as they came',
      ],
    },
    'its Locust file loads it': {
      'e2e/original-clients.test.ts':
        'of vaccination: users as in its Locust file, of whom one in three books in either month',
    },
  },
  stations: {
    'days as `{location, date, availability}`, 200 for a booking and 400 for a refusal': {
      'integration/workloads/stations/api.test.ts': [
        'shows the stations, and the days of each in order, for a second',
        'books a place: the day has one less, the topic one message more',
        'says which of station and day there is not',
      ],
      'integration/workloads/stations/original-wire.test.ts': [
        'shows days as the original does, under both of its paths',
        'answers hey, which sends one body 60 times over 10 connections: once 200, then 400',
      ],
    },
    'refuses a booking because the day is full': {
      'integration/workloads/stations/api.test.ts': [
        'never sells a place twice: of 40 at once for 5 places, 5 get one',
        'gives one place to one person, whatever day and however often it is asked',
      ],
      'integration/workloads/stations/original-wire.test.ts':
        'says that the day is full, as the original does, sells no place twice, and publishes each booking',
    },
    'looks at the person, the station and the day of a booking alone': {
      'integration/workloads/stations/api.test.ts': 'refuses %j with 422 and the field %s',
      'integration/workloads/stations/original-wire.test.ts':
        'takes what the original takes: nothing but a person, a station and a day, and fields that nobody knows',
    },
    'acknowledges bookings that it did not store': {
      'integration/workloads/stations/redis.test.ts': [
        "are lost, though acknowledged, when an answer to EXEC is taken for a yes: the original's fault",
        'are stored, all that were acknowledged, by as many APIs as there may be',
      ],
    },
    'publishes a booking after it has stored it; where Kafka is away the booking stays, and the answer is 400': {
      'e2e/stations-servers.test.ts': 'go on booking while Kafka is away, and publish it all',
    },
  },
  tickets: {
    '`POST /ticket` takes a receipt as text': {
      'integration/workloads/tickets/api.test.ts': [
        'stores an order with its lines and its products, and gives it back as it was',
        'looks at the bytes, not at their type: %s',
      ],
    },
    'the same receipt, sent again, is stored again': {
      'integration/workloads/tickets/api.test.ts':
        'stores the same receipt once, however often it comes, also side by side and to several servers',
    },
    'the catalogue has the name and the price of the newest receipt': {
      'integration/workloads/tickets/catalogue.test.ts': 'has the name and the price of the newest order',
    },
    'receipts are sent by curl': {
      'e2e/original-clients.test.ts': 'of tickets: receipts sent by hand, by send-ticket, and by curl as its page says',
    },
  },
  orders: {
    'takes `{"CreatedAt": ..., "Order": {...}}` from the subject `orders` of NATS, an order of fewer fields than the sample':
      {
        'integration/workloads/orders/original.test.ts':
          'stores all 560 of its publisher, with their totals, and keeps what its other publisher sends as dead letters',
        'unit/workloads/orders/order.test.ts': [
          'takes the well-known sample as it is',
          'takes an order as the original publishes it, and says what is wrong with one that is none',
        ],
        'integration/workloads/orders/inbox.test.ts':
          'stores orders whole, what is no order with its reason, and nothing twice',
      },
    'has a publisher of orders, and one of messages that are none': {
      'unit/workloads/orders/order-generator.test.ts': [
        'are in the envelope of the original where they are asked for so',
        'are broken in many ways, and no two alike',
      ],
      'e2e/orders.test.ts': 'publishes, serves from two replicas, and audits; Ctrl-C ends all',
    },
    'stores what has a time and an id, whatever else is missing; the rest is gone': {
      'unit/workloads/orders/order.test.ts': 'says what is wrong with %s',
      'integration/workloads/orders/inbox.test.ts':
        'stores orders whole, what is no order with its reason, and nothing twice',
    },
    '`GET /orders`: all ids as one list': {
      'integration/workloads/orders/api.test.ts': [
        'serves what was there at its start, and what comes, from every replica',
        'takes the messages of the original, and responds as that did where it is asked to',
      ],
      'integration/workloads/orders/original.test.ts': 'lists all ids, and shows the summary of each',
    },
    '`GET /orders/order?uuid=`: a summary with the total, or 404 and a message': {
      'unit/workloads/orders/summary.test.ts': 'adds the delivery to the amount, as the original does',
      'integration/workloads/orders/api.test.ts':
        'takes the messages of the original, and responds as that did where it is asked to',
      'integration/workloads/orders/original.test.ts':
        'says that there is no such order, and that it is there, in the words of the original',
    },
    'a page on a port of its own: search by id, get a random order': {
      'e2e/orders-page.test.ts': [
        'finds an order by keyboard alone, and lays all of it out',
        'gets a random one',
        'copes with any JSON that is stored',
        'is not the only one: that of the original runs on --wire original, and so does this',
      ],
    },
    'a map of all orders in memory, restored at the start': {
      'integration/workloads/orders/api.test.ts': [
        'serves what was there at its start, and what comes, from every replica',
        'keeps maps that equal the table, which an inspection sees',
      ],
    },
    'was stressed with `GET /orders`, 1,000 requests a second for 30 s': {
      'unit/workloads/orders/scenarios.test.ts': 'are nine readers of one order to one of ids, by the wire %s',
      'e2e/orders.test.ts': 'loads as many replicas as it is told to, and inspects them',
    },
  },
  meetups: {
    'images of posts, users and messages, listed, and removed by `deleteImage`': {
      'integration/workloads/meetups/every-operation.test.ts': [
        'shows images of a post, an account and a message, and removes them with their files',
        'shows images of messages to members of the room alone',
        'finds no image of a post that was deleted, nor of what was said about it',
      ],
    },
    'keeps them in S3': {
      'integration/workloads/meetups/image.test.ts': 'keeps images as they are, in whatever chunks they come',
      'integration/workloads/meetups/image-s3.test.ts':
        'come back as they were, the largest too, and go when their owner goes',
    },
    '`updateUser` with e-mail, sex and image': {
      'integration/workloads/meetups/every-operation.test.ts':
        'changes its address, sex and image, and keeps what it leaves out',
      'integration/workloads/meetups/user.test.ts':
        'gives an account another address, which only one can have, and the old one free',
    },
    'posts, applications, chats and logins by GraphQL, news of posts and messages over WebSockets': {
      'integration/workloads/meetups/every-operation.test.ts': 'can carry out every operation of the schema',
      'integration/workloads/meetups/gateway-chat.test.ts': [
        'gives each message to those who subscribed, with who said it',
        'tells the owner what becomes of a post',
      ],
    },
    'a saga decides what becomes of a post': {
      'integration/workloads/meetups/saga.test.ts': [
        'approve a post once it has its room',
        'reject a post whose room cannot be made, without its images',
        'are taken up wherever their process died, on the way to be ${end}',
      ],
    },
    'takes applications while places are left, and oversold 11 of 12 posts when it was built and run once': {
      'integration/workloads/meetups/post.test.ts': [
        'lets 200 who apply at once for the last place have one',
        'tells whoever has the last place that they have it, also where they ask for it many times at once',
      ],
    },
    'its services call each other by gRPC, each in pods of its own': {
      'integration/workloads/meetups/rpc.test.ts': [
        'brings request and answer whole, with numbers beyond 32 bits',
        'answers the health check of gRPC',
      ],
      'integration/workloads/meetups/rpc-network.test.ts': [
        'is made again where that does no harm, and never where something would be there twice',
        'tells of the process and of each service, whose database may be away',
        'go through where both know each other by their authority',
      ],
    },
    'errors of GraphQL': {
      'integration/workloads/meetups/gateway.test.ts':
        'names the argument that is wrong, and carries out what else was asked',
      'integration/workloads/meetups/gateway-sockets.test.ts': 'say with a code what is wrong with %s',
    },
  },
}
