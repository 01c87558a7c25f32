// A server whose delays are known: each answer takes what the chosen distribution says for the n-th request, the same for
// every client, and each is logged with the time that it really took. Usage: accuracy PORT.
package main

import (
	"encoding/json"
	"log"
	"math"
	"math/rand"
	"net/http"
	"os"
	"sync"
	"time"
)

// Draws the delay of a request that came so long after the first.
type distribution func(random *rand.Rand, since time.Duration) time.Duration

func ms(value float64) time.Duration { return time.Duration(value * float64(time.Millisecond)) }

var distributions = map[string]distribution{
	"none":     func(*rand.Rand, time.Duration) time.Duration { return 0 },
	"constant": func(*rand.Rand, time.Duration) time.Duration { return ms(10) },
	"uniform":  func(random *rand.Rand, _ time.Duration) time.Duration { return ms(5 + 45*random.Float64()) },
	"exponential": func(random *rand.Rand, _ time.Duration) time.Duration {
		return ms(20 * random.ExpFloat64())
	},
	"log-normal": func(random *rand.Rand, _ time.Duration) time.Duration {
		return ms(5 * math.Exp(1.2*random.NormFloat64()))
	},
	"two modes": func(random *rand.Rand, _ time.Duration) time.Duration {
		if random.Float64() < 0.05 {
			return ms(200)
		}
		return ms(5)
	},
	// Stands still for the second second; whatever comes then is answered at its end.
	"freeze": func(_ *rand.Rand, since time.Duration) time.Duration {
		if since >= time.Second && since < 2*time.Second {
			return 2*time.Second - since + ms(2)
		}
		return ms(2)
	},
}

type journal struct {
	sync.Mutex
	draw    distribution
	random  *rand.Rand
	first   time.Time
	tookUs  []int64
	waiting sync.WaitGroup
}

func (j *journal) reset(name string) bool {
	draw, known := distributions[name]
	j.Lock()
	defer j.Unlock()
	j.draw, j.random, j.first, j.tookUs = draw, rand.New(rand.NewSource(1)), time.Time{}, nil
	return known
}

func (j *journal) delay(at time.Time) time.Duration {
	j.Lock()
	defer j.Unlock()
	if j.first.IsZero() {
		j.first = at
	}
	return j.draw(j.random, at.Sub(j.first))
}

func (j *journal) answer(response http.ResponseWriter, _ *http.Request) {
	began := time.Now()
	j.waiting.Add(1)
	defer j.waiting.Done()
	time.Sleep(j.delay(began))
	response.Header().Set("Content-Length", "2")
	response.Write([]byte("ok"))
	took := time.Since(began).Microseconds()
	j.Lock()
	j.tookUs = append(j.tookUs, took)
	j.Unlock()
}

func main() {
	entries := &journal{}
	entries.reset("none")
	http.HandleFunc("/", entries.answer)
	http.HandleFunc("/healthz", func(response http.ResponseWriter, _ *http.Request) { response.Write([]byte("{}")) })
	http.HandleFunc("/reset", func(response http.ResponseWriter, request *http.Request) {
		if !entries.reset(request.URL.Query().Get("delays")) {
			http.Error(response, "no such distribution", http.StatusBadRequest)
		}
	})
	http.HandleFunc("/log", func(response http.ResponseWriter, _ *http.Request) {
		entries.waiting.Wait()
		entries.Lock()
		defer entries.Unlock()
		json.NewEncoder(response).Encode(entries.tookUs)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
