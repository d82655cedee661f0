// Makes and checks vectors with the real CometBFT packages.
// gocheck make OUT: a chain of four validators, one of them changing, as light blocks and blocks made by CometBFT's own types.
// gocheck evidence OUT: blocks that carry evidence of misbehaviour.
// gocheck check IN: accepts our light blocks (tendermint.types.LightBlock) and blocks.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

func die(err error) {
	if err != nil {
		panic(err)
	}
}

type row struct {
	LightBlock string `json:"lightBlock"`
	Block      string `json:"block"`
	HeaderHash string `json:"headerHash"`
	CommitHash string `json:"commitHash"`
	VoteBytes  string `json:"voteSignBytes"`
}
type doc struct {
	Source        string `json:"source"`
	ChainID       string `json:"chainId"`
	ConsensusHash string `json:"consensusHash"`
	Results       []res  `json:"results"`
	ResultsHash   string `json:"resultsHash"`
	Blocks        []row  `json:"blocks"`
}
type res struct {
	Code      uint32 `json:"code"`
	Data      string `json:"data"`
	GasWanted int64  `json:"gasWanted"`
	GasUsed   int64  `json:"gasUsed"`
}

func key(name string) ed25519.PrivKey { return ed25519.GenPrivKeyFromSecret([]byte(name)) }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func make_(out string) {
	chain := "vectors-1"
	params := types.DefaultConsensusParams()
	params.Block.MaxBytes, params.Block.MaxGas = 4194304, -1
	keys := map[string]ed25519.PrivKey{}
	var vals []*types.Validator
	for i := 0; i < 4; i++ {
		k := key(fmt.Sprintf("v%d", i))
		keys[k.PubKey().Address().String()] = k
		vals = append(vals, types.NewValidator(k.PubKey(), int64(10+i%2)))
	}
	set := types.NewValidatorSet(vals)
	k5 := key("v5")
	keys[k5.PubKey().Address().String()] = k5
	next := set.Copy()
	die(next.UpdateWithChangeSet([]*types.Validator{types.NewValidator(k5.PubKey(), 25)}))
	rs := []*abci.ExecTxResult{{Code: 0, Data: []byte("root")}, {Code: 3, Data: nil, GasWanted: 5, GasUsed: 7, Log: "not hashed", Info: "nor this"}, {}}
	d := doc{Source: "github.com/cometbft/cometbft " + version.TMCoreSemVer + ", types package", ChainID: chain, ConsensusHash: b64(params.Hash())}
	for _, r := range rs {
		d.Results = append(d.Results, res{r.Code, b64(r.Data), r.GasWanted, r.GasUsed})
	}
	d.ResultsHash = b64(types.NewResults(rs).Hash())
	last := &types.Commit{}
	lastID := types.BlockID{}
	t := time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC)
	sets := []*types.ValidatorSet{set, set, set, next, next}
	for h := int64(1); h <= 4; h++ {
		cur, nxt := sets[h-1], sets[h]
		txs := []types.Tx{}
		for i := int64(1); i < h; i++ {
			txs = append(txs, types.Tx(fmt.Sprintf("tx %d %d", h, i)))
		}
		if h == 4 {
			txs = append(txs, make([]byte, 150000))
		}
		b := types.MakeBlock(h, txs, last, nil)
		app := sha256.Sum256([]byte(fmt.Sprint("app", h)))
		lr := merkle.HashFromByteSlices(nil)
		if h == 2 {
			lr = types.NewResults(rs).Hash()
		}
		b.Header.Populate(cmtversion.Consensus{Block: version.BlockProtocol, App: uint64(h - 1)}, chain, t, lastID, cur.Hash(), nxt.Hash(), params.Hash(), app[:], lr, cur.GetProposer().Address)
		ps, err := b.MakePartSet(types.BlockPartSizeBytes)
		die(err)
		id := types.BlockID{Hash: b.Hash(), PartSetHeader: ps.Header()}
		c := &types.Commit{Height: h, Round: int32(h - 1), BlockID: id}
		var voteBytes []byte
		for i, v := range cur.Validators {
			if i == 1 && h%2 == 0 {
				c.Signatures = append(c.Signatures, types.NewCommitSigAbsent())
				continue
			}
			flag, vid := types.BlockIDFlagCommit, id
			if i == 2 && h == 4 {
				flag, vid = types.BlockIDFlagNil, types.BlockID{}
			}
			vote := &types.Vote{Type: cmtproto.PrecommitType, Height: h, Round: int32(h - 1), BlockID: vid, Timestamp: t.Add(time.Duration(i+1) * 1001 * time.Millisecond), ValidatorAddress: v.Address, ValidatorIndex: int32(i)}
			sb := types.VoteSignBytes(chain, vote.ToProto())
			if voteBytes == nil {
				voteBytes = sb
			}
			sig, err := keys[v.Address.String()].Sign(sb)
			die(err)
			c.Signatures = append(c.Signatures, types.CommitSig{BlockIDFlag: flag, ValidatorAddress: v.Address, Timestamp: vote.Timestamp, Signature: sig})
		}
		lb := types.LightBlock{SignedHeader: &types.SignedHeader{Header: &b.Header, Commit: c}, ValidatorSet: cur}
		die(lb.ValidateBasic(chain))
		p, err := lb.ToProto()
		die(err)
		for _, v := range p.ValidatorSet.Validators {
			v.ProposerPriority = 0
		}
		p.ValidatorSet.Proposer.ProposerPriority = 0
		lbz, err := p.Marshal()
		die(err)
		bp, err := b.ToProto()
		die(err)
		bz, err := bp.Marshal()
		die(err)
		blockText := b64(bz)
		if h == 4 {
			s := sha256.Sum256(bz)
			blockText = "sha256:" + hex.EncodeToString(s[:])
		}
		d.Blocks = append(d.Blocks, row{b64(lbz), blockText, b64(b.Hash()), b64(c.Hash()), b64(voteBytes)})
		last, lastID = c, id
		mt, err := sm.MedianTime(c, cur)
		die(err)
		t = mt
	}
	j, err := json.MarshalIndent(d, "", " ")
	die(err)
	die(os.WriteFile(out, append(j, '\n'), 0o644))
}

func check(in string) {
	raw, err := os.ReadFile(in)
	die(err)
	var d doc
	die(json.Unmarshal(raw, &d))
	var prev *types.LightBlock
	for _, r := range d.Blocks {
		lbz, err := base64.RawURLEncoding.DecodeString(r.LightBlock)
		die(err)
		var p cmtproto.LightBlock
		die(p.Unmarshal(lbz))
		lb, err := types.LightBlockFromProto(&p)
		die(err)
		die(lb.ValidateBasic(d.ChainID))
		die(lb.ValidatorSet.VerifyCommit(d.ChainID, lb.Commit.BlockID, lb.Height, lb.Commit))
		if prev != nil && lb.Height == prev.Height+1 {
			die(light.VerifyAdjacent(prev.SignedHeader, lb.SignedHeader, lb.ValidatorSet, 1<<62, lb.Time.Add(time.Hour), 10*time.Second))
		}
		bz, err := base64.RawURLEncoding.DecodeString(r.Block)
		die(err)
		var pb cmtproto.Block
		die(pb.Unmarshal(bz))
		b, err := types.BlockFromProto(&pb)
		die(err)
		die(b.ValidateBasic())
		ps, err := b.MakePartSet(types.BlockPartSizeBytes)
		die(err)
		if !(types.BlockID{Hash: b.Hash(), PartSetHeader: ps.Header()}).Equals(lb.Commit.BlockID) {
			panic("block id differs")
		}
		prev = lb
	}
	fmt.Println("CometBFT accepts", len(d.Blocks), "light blocks and blocks")
}

func main() {
	switch os.Args[1] {
	case "make":
		make_(os.Args[2])
	case "evidence":
		makeEvidence(os.Args[2])
	default:
		check(os.Args[2])
	}
}
