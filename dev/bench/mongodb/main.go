// Command mongodb loads a file of tab-separated reservations with MongoDB's own Go driver in the manner of mongoimport:
// one worker, unordered batches of a thousand documents. The peer of bulk loading where mongoimport is not at hand.
package main

import (
	"bufio"
	"context"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const batchSize = 1000

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: mongodb URL FILE")
	}
	if err := load(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func load(ctx context.Context, location, path string) error {
	parsed, err := url.Parse(location)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	client, err := mongo.Connect(options.Client().ApplyURI(location))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx)
	collection := client.Database(strings.TrimPrefix(parsed.Path, "/")).Collection("reservations")
	unordered := options.InsertMany().SetOrdered(false)
	batch := make([]any, 0, batchSize)
	lines := bufio.NewScanner(file)
	for more := true; more; {
		if more = lines.Scan(); more {
			document, err := parse(lines.Text())
			if err != nil {
				return err
			}
			batch = append(batch, document)
		}
		if len(batch) == batchSize || !more && len(batch) > 0 {
			if _, err := collection.InsertMany(ctx, batch, unordered); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return lines.Err()
}

func parse(line string) (bson.D, error) {
	fields := strings.Split(line, "\t")
	schedule, err := strconv.ParseInt(fields[2], 10, 64)
	return bson.D{{Key: "_id", Value: fields[0]}, {Key: "ticket_id", Value: fields[1]}, {Key: "schedule_id", Value: schedule}}, err
}
