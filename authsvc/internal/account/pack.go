package account

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// packer writes values into bytes, which take a fraction of the memory that they take, and
// which the garbage collector need not look into. TestPack_LosesNothing fails for a
// field that is forgotten.
type packer []byte

func (p *packer) number(n int64) { *p = binary.AppendVarint(*p, n) }

func (p *packer) text(s string) {
	p.number(int64(len(s)))
	*p = append(*p, s...)
}

func (p *packer) texts(list []string) {
	if p.flags(list != nil); list == nil {
		return
	}
	p.number(int64(len(list)))
	for _, s := range list {
		p.text(s)
	}
}

func (p *packer) optional(s *string) {
	p.flags(s != nil)
	if s != nil {
		p.text(*s)
	}
}

func (p *packer) flags(all ...bool) {
	var bits byte
	for i, set := range all {
		if set {
			bits |= 1 << i
		}
	}
	*p = append(*p, bits)
}

// id writes a UUID, and any other text too.
func (p *packer) id(s string) {
	id, err := uuid.Parse(s)
	compact := err == nil && id.String() == s
	p.flags(compact)
	if compact {
		*p = append(*p, id[:]...)
	} else {
		p.text(s)
	}
}

// time writes a time to the microsecond, as the database does.
func (p *packer) time(t time.Time) {
	*p = binary.LittleEndian.AppendUint64(*p, uint64(t.UnixMicro())) //nolint:gosec // comes back as it was
}

// unpacker reads what a packer wrote. Texts are parts of it.
type unpacker string

func (u *unpacker) number() int64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := (*u)[0]
		*u = (*u)[1:]
		if n |= uint64(b&0x7f) << shift; b < 0x80 {
			return int64(n>>1) ^ -int64(n&1) //nolint:gosec // as binary.Varint does
		}
	}
}

func (u *unpacker) take(n int) string {
	taken := (*u)[:n]
	*u = (*u)[n:]
	return string(taken)
}

func (u *unpacker) text() string { return u.take(int(u.number())) }

func (u *unpacker) texts() []string {
	if !u.flags().at(0) {
		return nil
	}
	list := make([]string, u.number())
	for i := range list {
		list[i] = u.text()
	}
	return list
}

func (u *unpacker) optional() *string {
	if !u.flags().at(0) {
		return nil
	}
	s := u.text()
	return &s
}

// flags are up to eight of them.
type flags byte

func (f flags) at(i int) bool { return f>>i&1 == 1 }

func (u *unpacker) flags() flags { return flags(u.take(1)[0]) }

func (u *unpacker) id() string {
	if !u.flags().at(0) {
		return u.text()
	}
	var id uuid.UUID
	copy(id[:], u.take(len(id)))
	return id.String()
}

func (u *unpacker) time() time.Time {
	var micro [8]byte
	copy(micro[:], u.take(len(micro)))
	return time.UnixMicro(int64(binary.LittleEndian.Uint64(micro[:]))).UTC() //nolint:gosec // as it was written
}

// packSession writes a copy of a session that was made at a time: without its hash, which is
// its key, without its user, and without what only sessions have that somebody opened as
// somebody else.
func packSession(s SignedIn, since time.Duration) []byte {
	p := make(packer, 0, 192)
	p.number(int64(s.Copy.Session)) //nolint:gosec // counts up from 1
	p.number(int64(since / time.Second))
	p.number(s.Stamp.Own)
	p.id(s.Session.ID)
	p.id(s.Session.UserID)
	p.text(s.Session.IP)
	p.text(s.Session.UserAgent)
	p.texts(s.Session.AMR)
	p.flags(s.Session.Remember, s.User.TwoFactorEnabled)
	p.time(s.Session.CreatedAt)
	p.number(s.Session.UpdatedAt.UnixMicro() - s.Session.CreatedAt.UnixMicro())
	p.number(s.Session.ExpiresAt.UnixMicro() - s.Session.CreatedAt.UnixMicro())
	return p
}

// unpackSession returns the copy, and a time at most a second before it was made.
func unpackSession(packed string, hash session.Hash) (*SignedIn, time.Duration) {
	s, u := &SignedIn{}, unpacker(packed)
	s.Copy.Session = uint64(u.number()) //nolint:gosec // as it was written
	since := time.Duration(u.number()) * time.Second
	s.Stamp.Own = u.number()
	s.Session = session.Session{TokenHash: hash, ID: u.id(), UserID: u.id(), IP: u.text(), UserAgent: u.text(), AMR: u.texts()}
	flags := u.flags()
	s.Session.Remember, s.User.TwoFactorEnabled = flags.at(0), flags.at(1)
	created := u.time()
	s.Session.CreatedAt = created
	s.Session.UpdatedAt = created.Add(time.Duration(u.number()) * time.Microsecond)
	s.Session.ExpiresAt = created.Add(time.Duration(u.number()) * time.Microsecond)
	return s, since
}

// packUser writes a copy of what identity knows of a user, without the id, which is its key.
func packUser(user User, made made) []byte {
	p := make(packer, 0, 256)
	p.number(int64(made.number)) //nolint:gosec // counts up from 1
	p.number(int64(made.since / time.Second))
	p.number(user.Epoch)
	p.text(user.Email)
	p.text(user.Name)
	p.optional(user.Image)
	p.optional(user.Username)
	p.optional(user.DisplayName)
	p.texts(user.Roles)
	p.optional(user.BanReason)
	p.optional(user.PhoneNumber)
	p.text(user.Locale)
	p.time(user.CreatedAt)
	p.time(user.UpdatedAt)
	p.flags(user.EmailVerified, user.Banned, user.PhoneNumberVerified, user.Anonymous, user.BanExpires != nil)
	if user.BanExpires != nil {
		p.time(*user.BanExpires)
	}
	return p
}

func unpackUser(packed, id string) (user User, made made) {
	u := unpacker(packed)
	made.number = uint64(u.number()) //nolint:gosec // as it was written
	made.since = time.Duration(u.number()) * time.Second
	user.Epoch = u.number()
	user.User = identityapi.User{
		ID: id, Email: u.text(), Name: u.text(), Image: u.optional(), Username: u.optional(), DisplayName: u.optional(),
		Roles: u.texts(), BanReason: u.optional(), PhoneNumber: u.optional(), Locale: u.text(), CreatedAt: u.time(), UpdatedAt: u.time(),
	}
	flags := u.flags()
	user.EmailVerified, user.Banned, user.PhoneNumberVerified, user.Anonymous = flags.at(0), flags.at(1), flags.at(2), flags.at(3)
	if flags.at(4) {
		ends := u.time()
		user.BanExpires = &ends
	}
	return user, made
}
