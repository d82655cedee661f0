package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/merkle"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

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

// A chain of four validators, one of them changing, made by CometBFT's own types.
func writeVectors(out string) {
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
