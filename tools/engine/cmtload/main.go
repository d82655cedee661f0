// cmtload: load generator and end-to-end commit-latency meter for CometBFT (JSON-RPC only).
// latency = from send (start of the broadcast request) to the NewBlockHeader event of the block
// holding the tx, as seen over a websocket on node 0 (block committed AND executed there).
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

var (
	nodes   = flag.String("nodes", "127.0.0.1:26657", "comma list of rpc host:port")
	mode    = flag.String("mode", "sat", "sat|rate|idle")
	rate    = flag.Float64("rate", 10, "tx/s in rate mode")
	dur     = flag.Duration("dur", 60*time.Second, "")
	warm    = flag.Duration("warm", 5*time.Second, "")
	window  = flag.Int("window", 4000, "max outstanding txs (sat)")
	batch   = flag.Int("batch", 100, "txs per json-rpc batch (sat)")
	workers = flag.Int("workers", 8, "")
	size    = flag.Int("size", 256, "")
	signed  = flag.Bool("signed", false, "")
	nIdle   = flag.Int("n", 15, "txs in idle mode")
	pids    = flag.String("pids", "", "comma list of pids to sample")
	homes   = flag.String("homes", "", "comma list of data dirs")
	presign = flag.Int("presign", 0, "txs to make before start")
	maxRate = flag.Float64("maxrate", 0, "cap in sat mode")
)

var runID string
var pads []byte
var keys []ed25519.PrivateKey
var pre [][]byte

func makeTx(i int) []byte {
	if i < len(pre) {
		return pre[i]
	}
	return buildTx(i)
}

const b62 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

var seed0 = uint64(time.Now().UnixNano())

func randPad(i uint64) []byte {
	x := seed0 ^ (i+1)*0x9E3779B97F4A7C15
	p := make([]byte, *size)
	for k := range p {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		p[k] = b62[(x>>33)%62]
	}
	return p
}
func buildTx(i int) []byte {
	tx := make([]byte, 0, *size)
	tx = append(tx, fmt.Sprintf("k%s%010d", runID, i)...) // 27 bytes
	tx = append(tx, '=')
	pads := randPad(uint64(i)) // fresh random base62 per tx: must not be compressible across txs
	off := 0
	if *signed {
		padn := *size - 28 - 43 - 86
		pad := pads[off : off+padn]
		k := keys[i%len(keys)]
		sig := ed25519.Sign(k, append(append([]byte{}, tx[:27]...), pad...))
		tx = append(tx, base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey))...)
		tx = append(tx, base64.RawURLEncoding.EncodeToString(sig)...)
		return append(tx, pad...)
	}
	return append(tx, pads[off:off+*size-28]...)
}

type blk struct {
	h   int64
	at  time.Time
	ntx int
}

var (
	mu                                    sync.Mutex
	blocks                                []blk
	committed, accepted, rejected, reqErr int64
	newHdr                                = make(chan int64, 10000)
	cond                                  = sync.NewCond(&mu)
)
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 0, DisableCompression: true}, Timeout: 60 * time.Second}

func get(url string, v any) error {
	r, err := client.Get(url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	return json.NewDecoder(r.Body).Decode(v)
}

func subscribe(host string) {
	c, _, err := websocket.DefaultDialer.Dial("ws://"+host+"/websocket", nil)
	if err != nil {
		panic(err)
	}
	c.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": map[string]any{"query": "tm.event='NewBlockHeader'"}})
	go func() {
		for {
			_, msg, err := c.ReadMessage()
			if err != nil {
				fmt.Fprintln(os.Stderr, "ws:", err)
				return
			}
			now := time.Now()
			var m struct {
				Result struct {
					Data struct {
						Value struct {
							Header struct {
								Height string `json:"height"`
							} `json:"header"`
						} `json:"value"`
					} `json:"data"`
				} `json:"result"`
			}
			if json.Unmarshal(msg, &m) != nil || m.Result.Data.Value.Header.Height == "" {
				continue
			}
			h, _ := strconv.ParseInt(m.Result.Data.Value.Header.Height, 10, 64)
			mu.Lock()
			blocks = append(blocks, blk{h: h, at: now, ntx: -1})
			mu.Unlock()
			newHdr <- h
		}
	}()
	go func() { // resolves the tx count of each block
		for h := range newHdr {
			var m struct {
				Result struct {
					Metas []struct {
						NumTxs string `json:"num_txs"`
					} `json:"block_metas"`
				} `json:"result"`
			}
			for try := 0; try < 5; try++ {
				if err := get(fmt.Sprintf("http://%s/blockchain?minHeight=%d&maxHeight=%d", host, h, h), &m); err == nil && len(m.Result.Metas) > 0 {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			n := 0
			if len(m.Result.Metas) > 0 {
				n, _ = strconv.Atoi(m.Result.Metas[0].NumTxs)
			}
			mu.Lock()
			for i := len(blocks) - 1; i >= 0; i-- {
				if blocks[i].h == h {
					blocks[i].ntx = n
					break
				}
			}
			committed += int64(n)
			cond.Broadcast()
			mu.Unlock()
		}
	}()
}

// send broadcasts txs [from,to) as one json-rpc batch; returns the number accepted
func send(host string, from, to int, sent []int64) int {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := from; i < to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"jsonrpc":"2.0","id":%d,"method":"broadcast_tx_sync","params":{"tx":"%s"}}`, i, base64.StdEncoding.EncodeToString(makeTx(i)))
	}
	b.WriteByte(']')
	now := time.Now().UnixNano()
	for i := from; i < to; i++ {
		atomic.StoreInt64(&sent[i], now)
	}
	r, err := client.Post("http://"+host+"/", "application/json", &b)
	if err != nil {
		atomic.AddInt64(&reqErr, int64(to-from))
		return 0
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	var rs []struct {
		ID     int `json:"id"`
		Result *struct {
			Code int    `json:"code"`
			Log  string `json:"log"`
		} `json:"result"`
		Error *struct {
			Data    string `json:"data"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if e := json.Unmarshal(body, &rs); e != nil {
		var one struct {
			Result *struct {
				Code int `json:"code"`
			} `json:"result"`
		}
		if json.Unmarshal(body, &one) == nil && one.Result != nil && one.Result.Code == 0 && to-from == 1 {
			return 1
		}
		atomic.AddInt64(&reqErr, int64(to-from))
		if atomic.LoadInt64(&reqErr) < 500 {
			fmt.Fprintln(os.Stderr, "bad reply:", string(body[:min(len(body), 300)]))
		}
		return 0
	}
	ok := 0
	for _, x := range rs {
		if x.Error == nil && x.Result != nil && x.Result.Code == 0 {
			ok++
		} else {
			atomic.StoreInt64(&sent[x.ID], 0)
			if n := atomic.AddInt64(&rejected, 1); n < 4 {
				e, _ := json.Marshal(x)
				fmt.Fprintln(os.Stderr, "rejected:", string(e))
			}
		}
	}
	return ok
}

type psamp struct {
	cpu float64
	rss int64
	hwm int64
}

func procStat(pid string) psamp {
	var p psamp
	if b, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil {
		s := string(b)
		f := strings.Fields(s[strings.LastIndex(s, ")")+2:])
		u, _ := strconv.ParseFloat(f[11], 64)
		k, _ := strconv.ParseFloat(f[12], 64)
		p.cpu = (u + k) / 100
	}
	if b, err := os.ReadFile("/proc/" + pid + "/status"); err == nil {
		for _, l := range strings.Split(string(b), "\n") {
			f := strings.Fields(l)
			if len(f) > 1 && f[0] == "VmRSS:" {
				p.rss, _ = strconv.ParseInt(f[1], 10, 64)
			}
			if len(f) > 1 && f[0] == "VmHWM:" {
				p.hwm, _ = strconv.ParseInt(f[1], 10, 64)
			}
		}
	}
	return p
}
func sysBusy() float64 {
	b, _ := os.ReadFile("/proc/stat")
	f := strings.Fields(strings.SplitN(string(b), "\n", 2)[0])
	t := 0.0
	for i, x := range f[1:] {
		if i == 3 || i == 4 || i > 7 {
			continue
		}
		v, _ := strconv.ParseFloat(x, 64)
		t += v
	}
	return t / 100
}
func loadavg() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.TrimSpace(string(b))
}
func du(dir string) int64 {
	var t int64
	filepath.Walk(dir, func(p string, i os.FileInfo, err error) error {
		if err == nil && !i.IsDir() {
			t += i.Size()
		}
		return nil
	})
	return t
}

type snap struct {
	at   time.Time
	sys  float64
	self float64
	p    map[string]psamp
}

func takeSnap() snap {
	s := snap{at: time.Now(), sys: sysBusy(), self: procStat("self").cpu, p: map[string]psamp{}}
	if *pids != "" {
		for _, p := range strings.Split(*pids, ",") {
			s.p[p] = procStat(p)
		}
	}
	return s
}
func pct(a []float64, q float64) float64 {
	if len(a) == 0 {
		return -1
	}
	i := int(q*float64(len(a)-1) + 0.5)
	return a[i]
}
func summary(a []float64) map[string]float64 {
	sort.Float64s(a)
	if len(a) == 0 {
		return map[string]float64{"n": 0}
	}
	s := 0.0
	for _, x := range a {
		s += x
	}
	r := func(x float64) float64 { return float64(int(x*10+0.5)) / 10 }
	return map[string]float64{"n": float64(len(a)), "min": r(a[0]), "p50": r(pct(a, .5)), "p90": r(pct(a, .9)), "p99": r(pct(a, .99)), "max": r(a[len(a)-1]), "mean": r(s / float64(len(a)))}
}

func main() {
	flag.Parse()
	hs := strings.Split(*nodes, ",")
	runID = fmt.Sprintf("%016x", time.Now().UnixNano())
	rng := rand.New(rand.NewSource(time.Now().UnixNano()))
	const al = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	pads = make([]byte, 8192)
	for i := range pads {
		pads[i] = al[rng.Intn(len(al))]
	}
	for i := 0; i < 64; i++ {
		_, k, _ := ed25519.GenerateKey(nil)
		keys = append(keys, k)
	}
	pre = make([][]byte, 0, *presign)
	if *signed {
		for i := 0; i < *presign; i++ {
			pre = append(pre, buildTx(i))
		}
	}
	sent := make([]int64, 3_000_000)
	d0 := map[string]int64{}
	if *homes != "" {
		for _, h := range strings.Split(*homes, ",") {
			d0[h] = du(h)
		}
	}
	subscribe(hs[0])
	time.Sleep(300 * time.Millisecond)
	la0 := loadavg()
	var next int64
	t0 := time.Now()
	tw := t0.Add(*warm)
	te := t0.Add(*dur)
	var s0, s1 snap
	var wg sync.WaitGroup
	switch *mode {
	case "sat":
		for w := 0; w < *workers; w++ {
			wg.Add(1)
			go func(w int) {
				defer wg.Done()
				for time.Now().Before(te) {
					mu.Lock()
					for int(accepted-committed)+*batch > *window && time.Now().Before(te) {
						cond.Wait()
					}
					accepted += int64(*batch)
					mu.Unlock()
					if time.Now().After(te) {
						mu.Lock()
						accepted -= int64(*batch)
						mu.Unlock()
						return
					}
					to := int(atomic.AddInt64(&next, int64(*batch)))
					ok := send(hs[w%len(hs)], to-*batch, to, sent)
					mu.Lock()
					accepted -= int64(*batch - ok)
					mu.Unlock()
					if ok < *batch {
						time.Sleep(50 * time.Millisecond)
					}
				}
			}(w)
		}
		go func() {
			for time.Now().Before(te.Add(time.Second)) {
				time.Sleep(200 * time.Millisecond)
				cond.Broadcast()
			}
		}()
		time.Sleep(time.Until(tw))
		s0 = takeSnap()
		time.Sleep(time.Until(te))
		s1 = takeSnap()
		wg.Wait()
	case "rate":
		tick := 10 * time.Millisecond
		if *rate < 100 {
			tick = time.Duration(float64(time.Second) / *rate)
		}
		k := 0
		gotS0 := false
		for t := t0; t.Before(te); t = t.Add(tick) {
			time.Sleep(time.Until(t))
			if !gotS0 && t.After(tw) {
				s0 = takeSnap()
				gotS0 = true
			}
			want := int(*rate*t.Sub(t0).Seconds()) + 1
			if *rate < 100 {
				want = int(next) + 1
			}
			n := want - int(next)
			if n <= 0 {
				continue
			}
			from := int(next)
			next += int64(n)
			h := hs[k%len(hs)]
			k++
			wg.Add(1)
			go func() {
				defer wg.Done()
				ok := send(h, from, from+n, sent)
				mu.Lock()
				accepted += int64(ok)
				mu.Unlock()
			}()
		}
		s1 = takeSnap()
		wg.Wait()
	case "idle":
		s0 = takeSnap()
		for i := 0; i < *nIdle; i++ {
			time.Sleep(time.Duration(700+rng.Intn(900)) * time.Millisecond)
			mu.Lock()
			c := committed
			mu.Unlock()
			next++
			ok := send(hs[i%len(hs)], i, i+1, sent)
			mu.Lock()
			accepted += int64(ok)
			for committed == c && ok == 1 {
				cond.Wait()
			}
			mu.Unlock()
		}
		s1 = takeSnap()
		tw = t0
		te = time.Now()
	}
	// drain
	tEndSend := time.Now()
	for time.Since(tEndSend) < 40*time.Second {
		mu.Lock()
		d := accepted - committed
		mu.Unlock()
		if d <= 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	drain := time.Since(tEndSend).Seconds()
	time.Sleep(300 * time.Millisecond)
	la1 := loadavg()
	// post: which tx sat in which block
	mu.Lock()
	bs := append([]blk{}, blocks...)
	mu.Unlock()
	lat := []float64{}
	matched := 0
	full := *mode != "sat" || true
	if full {
		for _, b := range bs {
			if b.ntx <= 0 {
				continue
			}
			var m struct {
				Result struct {
					Block struct {
						Data struct {
							Txs []string `json:"txs"`
						} `json:"data"`
					} `json:"block"`
				} `json:"result"`
			}
			if err := get(fmt.Sprintf("http://%s/block?height=%d", hs[0], b.h), &m); err != nil {
				fmt.Fprintln(os.Stderr, "block:", err)
				continue
			}
			for _, t := range m.Result.Block.Data.Txs {
				raw, _ := base64.StdEncoding.DecodeString(t)
				if len(raw) < 28 || string(raw[1:17]) != runID {
					continue
				}
				i, _ := strconv.Atoi(string(raw[17:27]))
				matched++
				if sent[i] > 0 {
					st := time.Unix(0, sent[i])
					if st.After(tw) || *mode == "idle" {
						lat = append(lat, float64(b.at.UnixNano()-sent[i])/1e6)
					}
				}
			}
		}
	}
	// throughput between block arrivals
	var a, z int = -1, -1
	for i, b := range bs {
		if a < 0 && b.at.After(tw) {
			a = i
		}
		if b.at.Before(te) {
			z = i
		}
	}
	tps, ntx, gaps := 0.0, 0, []float64{}
	if a >= 0 && z > a {
		for i := a + 1; i <= z; i++ {
			ntx += bs[i].ntx
			gaps = append(gaps, float64(bs[i].at.Sub(bs[i-1].at).Microseconds())/1000)
		}
		tps = float64(ntx) / bs[z].at.Sub(bs[a].at).Seconds()
	}
	out := map[string]any{"mode": *mode, "signed": *signed, "rate": *rate, "window": *window, "tps": float64(int(tps*10)) / 10, "measured_s": te.Sub(tw).Seconds(), "committed_total": committed, "accepted_total": accepted, "matched": matched, "rejected": rejected, "req_errors": reqErr,
		"latency_ms": summary(lat), "block_gap_ms": summary(gaps), "drain_s": drain, "loadavg_start": la0, "loadavg_end": la1}
	if z > a && a >= 0 && len(gaps) > 0 {
		out["tx_per_block"] = float64(ntx) / float64(len(gaps))
		out["blocks"] = len(gaps)
	}
	el := s1.at.Sub(s0.at).Seconds()
	if el > 0 {
		cpu := map[string]float64{}
		rss := map[string]float64{}
		sum := 0.0
		for p := range s1.p {
			c := (s1.p[p].cpu - s0.p[p].cpu) / el
			sum += c
			cpu[p] = float64(int(c*1000)) / 1000
			rss[p] = float64(s1.p[p].hwm) / 1024
		}
		self := (s1.self - s0.self) / el
		sys := (s1.sys - s0.sys) / el
		out["cpu_cores_per_proc"] = cpu
		out["cpu_cores_nodes_total"] = float64(int(sum*1000)) / 1000
		out["cpu_cores_loader"] = float64(int(self*1000)) / 1000
		out["cpu_cores_machine"] = float64(int(sys*1000)) / 1000
		out["cpu_cores_foreign"] = float64(int((sys-sum-self)*1000)) / 1000
		out["rss_peak_mib"] = rss
		if ntx > 0 {
			out["cpu_us_per_tx_nodes_total"] = float64(int(sum*el/(tps*el)*1e6*10)) / 10
		}
	}
	if *homes != "" {
		dd := map[string]float64{}
		for _, h := range strings.Split(*homes, ",") {
			x := du(h) - d0[h]
			if committed > 0 {
				dd[h] = float64(int(float64(x)/float64(committed)*10)) / 10
			}
		}
		out["disk_bytes_per_tx"] = dd
	}
	json.NewEncoder(os.Stdout).Encode(out)
}
