/*
 * The protocol of docs/protocol.md for Spin: every schedule of two candidates, a bounded number of requests, and a bounded
 * number of faults. tenure.qnt is the one to read first; this one has the same writes and the same rules, in as few bits
 * as they fit into. Time is what each clock shows since something happened (an age), and no clock errs by more than DRIFT.
 *
 * Bounds are macros (-DREQUESTS=6), and so are the known-bad variants (-DVARIANT_4): one rule left out each.
 */

/* ---- Bounds ------------------------------------------------------------------------------------------------------- */
#ifndef REQUESTS
#define REQUESTS 5      /* that candidates send */
#endif
#ifndef FAULTS
#define FAULTS 2        /* requests that outlive their sender's patience, lost answers, second landings, crashes */
#endif
#ifndef REVOKES
#define REVOKES 0
#endif
#ifndef CHALLENGES
#define CHALLENGES 0    /* that candidates send; each may be withdrawn */
#endif
#ifndef NOTICES
#define NOTICES 0
#endif
#ifndef CLONES
#define CLONES 0        /* 1: candidate 1 begins as a copy of candidate 0, memory, clock and requests under way */
#endif
#if CHALLENGES > 0 && REQUESTS + CHALLENGES > 7
#error "Challenges are kept as the bits of a byte: not so many attempts."
#endif
#if CLONES > 0 && CHALLENGES > 0
#error "Two clones are both copies of the same candidate here: neither challenges the other."
#endif
#ifndef WORKS
#define WORKS 0         /* fenced writes that the work was paused before */
#endif
#ifndef LEASE_A
#define LEASE_A 3
#endif
#ifndef LEASE_B
#define LEASE_B 3
#endif

/* ---- Section 4: how long a leader may lead, and a standby must wait ---------------------------------------------- */
#if LEASE_A == LEASE_B
#define LEASE(n) LEASE_A
#else
#define LEASE(n) (LEASE_A + (n) * (LEASE_B - LEASE_A))
#endif
#ifdef VARIANT_3
#define HOLD(n) LEASE(n)
#define WAIT(n) LEASE(n)
#else
#define HOLD(n) (LEASE(n) - 1)
#define WAIT(n) (LEASE(n) + 1)
#endif
#if LEASE_A == LEASE_B
#define LENDER(n) 0         /* all declare the same */
#define HANDED 0
#else
#define LENDER(n) (n)
#define HANDED 1
#endif
/* Ages stop where nothing depends on them any more: a lease's at its end, a watch's at its expiry. */
#define NEVER(n) HOLD(n)

/* ---- The record and the fence (section 2); holder 0 is none, else candidate + 1 ---------------------------------- */
byte term, beat, holder, attempt, lender;      /* lender: the candidate whose lease time was declared last */
byte challenger;                               /* the attempt of the challenge: its sender is not the holder */
bit revoked, dead;                             /* of a vacancy: by an operator, or by proof of death */
byte fence;
/*
 * Marks. A write is only refused for its mark where a clone wrote before it, so all that a mark has to say is from which
 * memory it was drawn: from the one that both clones have (0), or from that of one of them since (candidate + 1). Which of
 * its own marks a writer still knows is for tenure.qnt, which has them one by one.
 */
byte mark, fenceMark;

/* ---- What each candidate knows ------------------------------------------------------------------------------------- */
typedef Candidate {
  byte term, attempt, beat, age;               /* its office (term 0: a standby), and the age of its lease's stamp */
  bit begun, releasing, handed;
  byte heir;                                   /* the challenge that the last answer showed */
  bit watching, watchFree;
  byte watchTerm, watchBeat, watchHolder, watchLender, watchAge;
  /*
   * Its claims: the attempt that it sent for the version it watches, and since when; and all its challenges, a bit each.
   * A bid for another version can win no more, and need not be kept here.
   */
  byte bid, bidAge;
  byte asked;
  byte request, requestAge, fate, shown;       /* the one request under way; once it has landed, what its answer will say */
  bit old;                                     /* that request was sent before it was cloned */
  bit unproved;                                /* its office is one that was cloned, and no renewal since was answered */
  bit skew
};
Candidate me[2];

/* Requests whose senders wait no longer: they may land at any time. */
typedef Late { byte kind, from, term, beat, attempt, to, mark };
Late late[2];

#define NONE 0
#define ACQUIRE 1
#define RENEW 2
#define RESIGN 3
#define HAND_OVER 4
#define CHALLENGE 5
#define RAISE 6
#define EXPIRE 7
#define WITHDRAW 8

#define FLYING 0
#define LANDED 1
#define OVER 2
#define UNCLEAR 3

/* A death notice in the queue (section 8), and the queue's own time. Once due it may come again and again. */
byte noticeTerm, noticeBeat, noticeAttempt, noticeAge;

byte requests, faults, revokes, challenges, notices, works, clones;   /* how many are spent */
byte fresh;                                    /* attempts are never used twice */
byte buried[2];                                /* attempts of this candidate up to here belong to processes that died */

/* For the assertions alone. */
byte begunTerm;                                /* the latest term whose work has begun */
byte settled[2];                               /* the last term that a candidate gave back */
bit settledSeen[2];                            /* and whether it saw the end of it */
byte paused, stamp;                            /* the term of a write that the work was paused before; the item's stamp */
byte gone;                                     /* challenges whose withdraw was answered while none of them was under way */
byte common, shared;                           /* attempts up to here are of both clones; so is the raise of this term's fence */

hidden byte wasTerm, wasBeat, wasHolder, wasAttempt;
hidden byte applied, mailing, drawn;

#define IS_MINE(t, a, w) (term == (t) && attempt == (a) && holder == (w))
/* Clones have one name. Its bearers keep it when they are found out: it is the attempt that tells them apart. */
#if CLONES > 0
#define NAME(n) 1
#define KNOWS(writer) (mark == 0 || mark == (writer))
#ifdef VARIANT_106
#define MARK(n) 0
#else
#define MARK(n) (clones > 0 && !me[n].old -> n + 1 : 0)
#endif
#define FOREIGN(n) (mark != 0 && mark != (n) + 1)
#define FENCE_FOREIGN(n) (fenceMark != 0 && fenceMark != (n) + 1)
#else
#define NAME(n) ((n) + 1)
#define KNOWS(writer) true
#define MARK(n) 0
#define FOREIGN(n) false
#define FENCE_FOREIGN(n) false
#endif
#if CHALLENGES > 0
#define ASKED(n, a) ((me[n].asked >> (a)) & 1)
#else
#define ASKED(n, a) false
#endif
#ifdef VARIANT_47
#define LEADS(n) (me[n].begun && me[n].age < HOLD(n))
#else
#define LEADS(n) (me[n].begun && !me[n].releasing && me[n].age < HOLD(n))
#endif
#define IDLE(n) (me[n].request == NONE)
#define STANDBY(n) (me[n].term == 0)

/* ---- Section 9 ------------------------------------------------------------------------------------------------------ */
/*
 * Two clones cannot know of each other before a renewal of theirs is answered. Until then both may think that they hold
 * the office, and one may give it back while the other leads; but only a candidate that was cloned at work works beside its clone.
 */
#define S1 (!(LEADS(0) && LEADS(1)) || me[0].unproved || me[1].unproved)
#define S2(n) (!LEADS(n) || me[n].unproved || IS_MINE(me[n].term, me[n].attempt, NAME(n)) || \
  (term == me[n].term && attempt == me[n].attempt && holder == 0 && revoked && !dead))
#define S5 (begunTerm <= fence)
#define S10(n) (!(LEADS(n) && me[n].term == settled[n]))
/* A candidate that has left never holds the office by a challenge whose withdraw was answered. */
#define LEFT (holder == 0 || !((gone >> attempt) & 1))

inline clearLate(i) {
  late[i].kind = NONE; late[i].from = 0; late[i].term = 0; late[i].beat = 0; late[i].attempt = 0; late[i].to = 0;
  late[i].mark = 0
}
inline noNotice() { noticeTerm = 0; noticeBeat = 0; noticeAttempt = 0; noticeAge = 0 }
/* What can no longer apply is as good as lost: the states are the same, and fewer. */
#ifdef VARIANT_27
#define IS_VOID_NOTICE false
#else
#define IS_VOID_NOTICE (noticeTerm > 0 && term > noticeTerm)
#endif
#ifdef VARIANT_12
#define OUTLIVES_TERM(i) (late[i].kind == WITHDRAW || late[i].kind == RESIGN)
#else
#define OUTLIVES_TERM(i) (late[i].kind == WITHDRAW)
#endif
#define IS_SPENT(i) (late[i].kind != NONE && !OUTLIVES_TERM(i) && (late[i].kind == RAISE -> fence : term) > late[i].term)
inline tidy() {
  if :: IS_SPENT(0) -> clearLate(0) :: else fi;
  if :: IS_SPENT(1) -> clearLate(1) :: else fi;
  if :: IS_VOID_NOTICE -> noNotice() :: else fi
}

inline check() { tidy(); assert(S1); assert(S2(0)); assert(S2(1)); assert(S5); assert(S10(0)); assert(S10(1)); assert(LEFT) }

/* ---- Section 3: one write lands. What it compares, what it leaves, and that the version rises (S3, S4, S7) -------------- */
inline vacate(isRevoked) { holder = 0; challenger = 0; revoked = isRevoked; dead = 0 }

inline land(aKind, sender, ofTerm, ofBeat, ofAttempt, ofHeir, aMark) {
  wasTerm = term; wasBeat = beat; wasHolder = holder; wasAttempt = attempt; applied = 0;
  if
#ifdef VARIANT_4
  :: aKind == ACQUIRE && term == ofTerm ->
#else
  :: aKind == ACQUIRE && term == ofTerm && beat == ofBeat ->
#endif
    applied = 1;
#ifdef VARIANT_7
    term = (ofTerm == 0 -> 1 : ofTerm);
#else
    term = ofTerm + 1;
#endif
    beat = 0; holder = NAME(sender); attempt = ofAttempt; lender = LENDER(sender); challenger = 0; revoked = 0; dead = 0; mark = 0
#ifdef VARIANT_1
  :: aKind == RENEW ->
#else
#ifdef VARIANT_2
  :: aKind == RENEW && IS_MINE(ofTerm, ofAttempt, NAME(sender)) ->
#else
#ifdef VARIANT_104
  :: aKind == RENEW && IS_MINE(ofTerm, ofAttempt, NAME(sender)) && beat < ofBeat ->
#else
  :: aKind == RENEW && IS_MINE(ofTerm, ofAttempt, NAME(sender)) && beat < ofBeat && KNOWS(aMark) ->
#endif
#endif
#endif
    applied = 1; beat = ofBeat; mark = aMark;
    if :: ofHeir == 1 -> lender = LENDER(sender) :: else fi  /* the first renewal of a handed office declares its own lease */
#ifdef VARIANT_12
  :: aKind == RESIGN && holder == NAME(sender) ->
#else
  :: aKind == RESIGN && IS_MINE(ofTerm, ofAttempt, NAME(sender)) && beat < ofBeat && KNOWS(aMark) ->
#endif
    applied = 1; beat = ofBeat; mark = aMark; vacate(0)
#ifdef VARIANT_5
    ; term = 0; beat = 0; attempt = 0
#endif
#if CHALLENGES > 0
  :: aKind == HAND_OVER && IS_MINE(ofTerm, ofAttempt, NAME(sender)) && challenger == ofHeir && ofHeir > 0 ->
    applied = 1; term = ofTerm + 1; beat = 0; holder = 2 - sender; attempt = ofHeir; challenger = 0; dead = 0; mark = 0
#endif
  :: aKind == EXPIRE && term == ofTerm && beat == ofBeat && holder > 0 ->
    assert(!(LEADS(0) && me[0].term == term) && !(LEADS(1) && me[1].term == term));       /* S11 */
    applied = 1; beat = beat + 1; vacate(0)
#if CHALLENGES > 0
  :: aKind == CHALLENGE && term == ofTerm && holder == 2 - sender && challenger == 0 ->
    challenger = ofAttempt
#ifdef VARIANT_108
  :: aKind == WITHDRAW && challenger > 0 ->
#else
  :: aKind == WITHDRAW && challenger == ofAttempt ->
#endif
    assert(challenger == ofAttempt);                                   /* S4: no write removes another's data */
    challenger = 0
#endif
  :: aKind == RAISE && fence < ofTerm -> fence = ofTerm; fenceMark = aMark
  :: else
  fi;
  if
  :: applied ->
    assert(term > wasTerm || (term == wasTerm && beat > wasBeat));     /* S4, S7 */
    assert(term == wasTerm || wasTerm == 0 || attempt != wasAttempt);  /* S3 */
    assert(term != wasTerm || attempt == wasAttempt);
    if
    :: aKind == RENEW || aKind == RESIGN || aKind == HAND_OVER -> assert(!(settled[sender] == ofTerm && settledSeen[sender]))  /* S10 */
    :: else
    fi
  :: else
  fi
}

/*
 * Section 5: what the answer will say to its sender. A refusal may be of one's own retry; but not if it shows the
 * mark of another, which runs with the same memory: then the term is over. And an acquire that finds itself applied has
 * not been answered: like a claim that is found in the record, it gives no lease by itself.
 */
inline judge(n) {
  if
  :: me[n].request == ACQUIRE ->
    if
    :: applied -> me[n].fate = LANDED
    :: !applied && attempt == me[n].bid && holder == NAME(n) && !FOREIGN(n) -> me[n].fate = LANDED; me[n].bidAge = NEVER(n)
    :: else -> me[n].fate = OVER
    fi
  :: me[n].request == RENEW ->
    if
    :: applied -> me[n].fate = LANDED
#ifdef VARIANT_35
    :: !applied && attempt == me[n].attempt && beat == me[n].beat -> me[n].fate = LANDED
    :: !applied && !(attempt == me[n].attempt && beat == me[n].beat) && !IS_MINE(me[n].term, me[n].attempt, NAME(n)) -> me[n].fate = OVER
#else
#if defined(VARIANT_104) || defined(VARIANT_107)
    :: !applied && !IS_MINE(me[n].term, me[n].attempt, NAME(n)) -> me[n].fate = OVER
    :: !applied && IS_MINE(me[n].term, me[n].attempt, NAME(n)) && beat == me[n].beat -> me[n].fate = LANDED
#else
    :: !applied && (!IS_MINE(me[n].term, me[n].attempt, NAME(n)) || FOREIGN(n)) -> me[n].fate = OVER
    :: !applied && IS_MINE(me[n].term, me[n].attempt, NAME(n)) && !FOREIGN(n) && beat == me[n].beat -> me[n].fate = LANDED
#endif
#endif
    :: else -> me[n].fate = UNCLEAR
    fi;
    me[n].shown = (IS_MINE(me[n].term, me[n].attempt, NAME(n)) -> challenger : 0)
  :: else ->
    if
    :: applied || !IS_MINE(me[n].term, me[n].attempt, NAME(n)) -> me[n].fate = LANDED
    :: !applied && IS_MINE(me[n].term, me[n].attempt, NAME(n)) && FOREIGN(n) -> me[n].fate = OVER
    :: else -> me[n].fate = UNCLEAR
    fi;
    /* What a hand over's writer is shown is whether its own hand over made the term that stands. */
    me[n].shown = (me[n].request == HAND_OVER && term == me[n].term + 1 && attempt == me[n].heir -> me[n].heir : 0)
  fi
#ifdef VARIANT_15
  ;
  if                                           /* only a later attempt of the same request can find itself applied already */
  :: !applied && me[n].fate == LANDED && me[n].request == RENEW -> me[n].requestAge = 0
  :: else
  fi
#endif
}

#ifdef VARIANT_49
#define DECLARES(n) 0
#else
#define DECLARES(n) me[n].handed
#endif
/* The request under way of candidate n, as land() wants it. */
inline landOwn(n) {
  drawn = MARK(n);
  if
  :: me[n].request == ACQUIRE -> land(ACQUIRE, n, me[n].watchTerm, me[n].watchBeat, me[n].bid, 0, drawn)
  :: me[n].request == RENEW -> land(RENEW, n, me[n].term, me[n].beat, me[n].attempt, DECLARES(n), drawn)
  :: me[n].request == RESIGN -> land(RESIGN, n, me[n].term, me[n].beat, me[n].attempt, 0, drawn)
  :: else -> land(HAND_OVER, n, me[n].term, 0, me[n].attempt, me[n].heir, drawn)
  fi;
  judge(n)
}

inline landLate(i) {
  land(late[i].kind, late[i].from, late[i].term, late[i].beat, late[i].attempt, late[i].to, late[i].mark);
  wasTerm = 0
}
inline keepLate(i, aKind, sender, ofTerm, ofBeat, ofAttempt, ofHeir, aMark) {
  late[i].kind = aKind; late[i].from = sender; late[i].term = ofTerm; late[i].beat = ofBeat; late[i].attempt = ofAttempt; late[i].to = ofHeir;
  late[i].mark = aMark
}
/* What candidate n has under way outlives its patience. Slots are filled from the first one. */
inline abandon(i, n) {
  drawn = MARK(n);
  if
  :: me[n].request == ACQUIRE -> keepLate(i, ACQUIRE, n, me[n].watchTerm, me[n].watchBeat, me[n].bid, 0, drawn)
  :: me[n].request == RENEW -> keepLate(i, RENEW, n, me[n].term, me[n].beat, me[n].attempt, DECLARES(n), drawn)
  :: me[n].request == RESIGN -> keepLate(i, RESIGN, n, me[n].term, me[n].beat, me[n].attempt, 0, drawn)
  :: else -> keepLate(i, HAND_OVER, n, me[n].term, 0, me[n].attempt, me[n].heir, drawn)
  fi
}

/* ---- Candidates ------------------------------------------------------------------------------------------------------ */
inline quiet(n) { me[n].request = NONE; me[n].requestAge = NEVER(n); me[n].fate = FLYING; me[n].shown = 0; me[n].old = 0 }
inline unwatch(n) {
  me[n].watching = 0; me[n].watchFree = 0; me[n].watchTerm = 0; me[n].watchBeat = 0; me[n].watchHolder = 0;
  me[n].watchLender = 0; me[n].watchAge = 0
}
inline noBid(n) { me[n].bid = 0; me[n].bidAge = NEVER(n) }

/* A term that ended for its holder is forgotten (section 5). */
inline forget(n) {
  me[n].term = 0; me[n].attempt = 0; me[n].beat = 0; me[n].age = NEVER(n); me[n].begun = 0; me[n].releasing = 0;
  me[n].handed = 0; me[n].heir = 0;
  me[n].unproved = 0; quiet(n); unwatch(n); noBid(n); me[n].asked = 0
}
inline settle(n, isSeen) {
  if
  :: settled[n] < me[n].term -> settled[n] = me[n].term; settledSeen[n] = isSeen
  :: else
  fi
}
/* In office. An office that was handed over gives no lease by itself: its age is past all leases. */
inline take(n, ofTerm, ofAttempt, ofBeat, ofAge, isHanded) {
  forget(n); me[n].term = ofTerm; me[n].attempt = ofAttempt; me[n].beat = ofBeat; me[n].age = ofAge; me[n].handed = isHanded;
  me[n].unproved = (ofAttempt <= common)
}
inline mail(ofTerm, ofBeat, ofAttempt) {
  if
  :: mailing -> noticeTerm = ofTerm; noticeBeat = ofBeat; noticeAttempt = ofAttempt; noticeAge = 0; notices++
  :: else
  fi
}
#define MAY_MAIL (noticeTerm == 0 && notices < NOTICES)

/* A read shows a claim of one's own that has won: with no answer to it, it gives no lease before a renewal has landed. */
#ifdef VARIANT_6
#define SEEN_AGE(n) 0
#else
#define SEEN_AGE(n) NEVER(n)
#endif
#ifdef VARIANT_103
#define HANDED_AGE(n) 0
#else
#define HANDED_AGE(n) NEVER(n)
#endif
/* A strongly consistent read; the time is taken after it returned. */
inline look(n) {
  if
  :: holder == NAME(n) && me[n].bid > 0 && attempt == me[n].bid ->
    if
    :: FOREIGN(n) -> forget(n)                 /* a clone has begun to renew it */
    :: else -> take(n, term, attempt, beat, SEEN_AGE(n), 0)
    fi
#if CHALLENGES > 0
  :: holder == NAME(n) && ASKED(n, attempt) && attempt != me[n].bid ->
#ifdef VARIANT_46
    wasAttempt = me[n].bidAge; take(n, term, attempt, beat, wasAttempt, HANDED)
#else
    take(n, term, attempt, beat, HANDED_AGE(n), HANDED)
#endif
#endif
#ifdef VARIANT_17
  :: holder == NAME(n) && attempt != me[n].bid && !ASKED(n, attempt) -> take(n, term, attempt, beat, 0, 0)
#endif
  :: else ->
    if
    :: me[n].watching && me[n].watchTerm == term && me[n].watchBeat == beat
#ifdef VARIANT_8
    :: me[n].watching && me[n].watchHolder == holder && holder > 0 && !(me[n].watchTerm == term && me[n].watchBeat == beat) ->
      me[n].watchTerm = term; me[n].watchBeat = beat; noBid(n)
#endif
    :: else ->
      if :: me[n].watching && term > me[n].watchTerm -> me[n].asked = 0 :: else fi;      /* they can win no more */
      noBid(n);
      me[n].watching = 1; me[n].watchTerm = term; me[n].watchBeat = beat; me[n].watchHolder = holder;
      me[n].watchLender = lender;
#ifdef VARIANT_11
      me[n].watchAge = 2;
#else
      me[n].watchAge = 0;
#endif
#ifdef VARIANT_36
      me[n].watchFree = (holder == 0)
#else
      me[n].watchFree = (holder == 0 && (!revoked || dead))     /* section 3; no record at all is free too */
#endif
    fi;
#ifdef VARIANT_46
    if :: me[n].asked > 0 && me[n].bid == 0 -> me[n].bidAge = 0 :: else fi
#endif
  fi;
  wasAttempt = 0
}
#ifdef VARIANT_19
#define WATCH_FOR(n) WAIT(n)
#else
#define WATCH_FOR(n) WAIT(me[n].watchLender)
#endif
#define WATCHED_OUT(n) (me[n].watchAge >= WATCH_FOR(n))
#if LEASE_A > LEASE_B
#define LONGEST WAIT(0)
#else
#define LONGEST WAIT(1)
#endif

inline ask(n, aKind) {
  me[n].request = aKind; requests++;
  if :: aKind == RENEW -> me[n].requestAge = 0 :: else fi
}

inline contend(n) {
  if
  :: me[n].bid == 0 -> fresh++; me[n].bid = fresh; me[n].bidAge = 0
  :: else
  fi;
  ask(n, ACQUIRE);
  mail(me[n].watchTerm + 1, 0, me[n].bid)
}

inline receive(n) {
  if
  :: me[n].request == ACQUIRE && me[n].fate == LANDED ->
#ifdef VARIANT_16
    wasBeat = 0;
#else
    wasBeat = me[n].bidAge;
#endif
#ifdef VARIANT_7
    wasTerm = (me[n].watchTerm == 0 -> 1 : me[n].watchTerm);
#else
    wasTerm = me[n].watchTerm + 1;
#endif
    wasAttempt = me[n].bid;
    take(n, wasTerm, wasAttempt, 0, wasBeat, 0)
  :: me[n].request == ACQUIRE && me[n].fate != LANDED -> quiet(n); noBid(n); unwatch(n)
  :: me[n].request == RENEW ->
    if :: !me[n].old -> me[n].unproved = 0 :: else fi;
    if
    :: me[n].fate == OVER || (me[n].begun && me[n].age >= HOLD(n)) -> forget(n)   /* a late answer restores nothing */
    :: !(me[n].fate == OVER || (me[n].begun && me[n].age >= HOLD(n))) && me[n].fate == LANDED ->
#ifdef VARIANT_16
      me[n].age = 0;
#else
      me[n].age = me[n].requestAge;
#endif
      me[n].handed = 0; me[n].heir = me[n].shown; quiet(n)
    :: else -> quiet(n)
    fi
  :: me[n].request == RESIGN || me[n].request == HAND_OVER ->
    if
    :: me[n].fate == LANDED ->
#ifndef VARIANT_46
      if :: me[n].shown > 0 -> mail(me[n].term + 1, 0, me[n].shown) :: else fi;    /* only now it is known to be applied */
#endif
      settle(n, 1); forget(n)
    :: me[n].fate == OVER -> settle(n, 0); forget(n)                  /* a clone's: nothing more is written in it */
    :: else -> quiet(n)
    fi
  fi;
  wasTerm = 0; wasBeat = 0; wasAttempt = 0
}

inline giveUp(n) {
#ifdef VARIANT_14
  if :: me[n].request == RENEW -> me[n].age = me[n].requestAge :: else fi;
#endif
  quiet(n)
}

/* Section 6: first the fence, then the work. A fence above one's term is a later leader's; one at it, a clone's or one's own. */
inline begin(n) {
  if
#ifndef VARIANT_33
  :: fence > me[n].term -> forget(n)
#ifndef VARIANT_105
  :: fence == me[n].term && FENCE_FOREIGN(n) -> forget(n)
  :: fence < me[n].term || (fence == me[n].term && !FENCE_FOREIGN(n)) ->
#else
  :: fence <= me[n].term ->
#endif
    if :: fence < me[n].term -> fence = me[n].term; fenceMark = MARK(n) :: else fi;
#else
  :: true ->
#endif
    assert(me[n].term != begunTerm || me[n].term == shared);           /* one candidate works in a term, and no clone of it */
    me[n].begun = 1;
    begunTerm = (begunTerm > me[n].term -> begunTerm : me[n].term)
  fi
}

inline older(x, by, most) { x = (x + by >= most -> most : x + by) }
inline passes(n, newSkew) {
  wasBeat = 1 + newSkew - me[n].skew; me[n].skew = newSkew;
  older(me[n].age, wasBeat, NEVER(n)); older(me[n].bidAge, wasBeat, NEVER(n)); older(me[n].requestAge, wasBeat, NEVER(n));
  if
  :: me[n].watching && !me[n].watchFree -> older(me[n].watchAge, wasBeat, WATCH_FOR(n))
  :: else
  fi;
  wasBeat = 0
}
inline tick(skewA, skewB) {
  passes(0, skewA); passes(1, skewB);
  if :: noticeTerm > 0 -> older(noticeAge, 1, LONGEST) :: else fi
}

#ifdef VARIANT_27
#define NOTICE_FITS (beat <= noticeBeat)
#else
#ifdef VARIANT_37
#define NOTICE_FITS (term == noticeTerm && beat <= noticeBeat)
#else
#ifdef VARIANT_101
#define NOTICE_FITS (term == noticeTerm && attempt == noticeAttempt)
#else
#define NOTICE_FITS (term == noticeTerm && attempt == noticeAttempt && beat <= noticeBeat)
#endif
#endif
#endif

#define MAY_ASK(n) (IDLE(n) && requests < REQUESTS)
#define HAS_LEASE(n) (me[n].age < HOLD(n))
#define MAIL_OR_NOT if :: MAY_MAIL -> mailing = 1 :: mailing = 0 fi
#define DONE mailing = 0; check()

#if REVOKES > 0
#define BURY(n) buried[n] = fresh
#else
#define BURY(n) skip
#endif
/* Where both are alike, it is the first that begins: the other way round would be the same again. */
#if LEASE_A == LEASE_B
#define MAY_CONTEND(n) (n == 0 || fresh > 0)
#else
#define MAY_CONTEND(n) true
#endif

/*
 * A challenge, and its end: a candidate that goes withdraws what it asked for, and what the answer shows it to have won it
 * takes, to give it back. It goes without an answer, too; then the withdraw may land at any time.
 */
#if CHALLENGES > 0
inline challengeOf(n) { challenges++; fresh++; me[n].asked = me[n].asked | (1 << fresh) }
#define UNDER_WAY(i) (late[i].kind == CHALLENGE -> 1 << late[i].attempt : 0)
inline leave(n) {
  if
  :: challenger > 0 && ASKED(n, challenger) -> land(WITHDRAW, n, 0, 0, challenger, 0, 0)
  :: else
  fi;
  wasTerm = 0; wasBeat = 0; wasHolder = 0; wasAttempt = 0;
  if
#ifndef VARIANT_114
  :: holder == NAME(n) && ASKED(n, attempt) -> take(n, term, attempt, beat, NEVER(n), HANDED); me[n].releasing = 1
#endif
  :: else -> gone = gone | (me[n].asked & ~(UNDER_WAY(0) | UNDER_WAY(1))); forget(n)
  fi
}
#ifdef VARIANT_109
#define LEAVE(n) gone = gone | (me[n].asked & ~(UNDER_WAY(0) | UNDER_WAY(1))); forget(n)
#else
#define LEAVE(n) leave(n)
#endif
#define MAY_CHALLENGE(n) (STANDBY(n) && IDLE(n) && challenges < CHALLENGES && me[n].watchHolder == 2 - n)
#define CHALLENGING(n) \
  :: atomic { MAY_CHALLENGE(n) -> \
       d_step { challengeOf(n); land(CHALLENGE, n, me[n].watchTerm, 0, fresh, 0, 0); check() } } \
  :: atomic { MAY_CHALLENGE(n) && faults < FAULTS && late[0].kind == NONE -> \
       d_step { faults++; challengeOf(n); keepLate(0, CHALLENGE, n, me[n].watchTerm, 0, fresh, 0, 0); check() } } \
  :: atomic { STANDBY(n) && IDLE(n) && me[n].asked > 0 -> d_step { LEAVE(n); check() } } \
  :: atomic { STANDBY(n) && IDLE(n) && challenger > 0 && ASKED(n, challenger) && faults < FAULTS && late[0].kind == NONE -> \
       d_step { faults++; keepLate(0, WITHDRAW, n, 0, 0, challenger, 0, 0); forget(n); check() } }
#else
#define CHALLENGING(n)
#endif

/* Candidate 1 becomes what candidate 0 is, with what it has under way. A raise that was sent before is known to both. */
#if CLONES > 0
#define AWAKE(n) (n == 0 || clones > 0)
#define HAS_RAISED (me[0].term > 0 && (me[0].begun || fence == me[0].term || (late[0].kind == RAISE && late[0].term == me[0].term)))
inline copyOffice() {
  me[1].term = me[0].term; me[1].attempt = me[0].attempt; me[1].beat = me[0].beat; me[1].age = me[0].age;
  me[1].begun = me[0].begun; me[1].releasing = me[0].releasing; me[1].handed = me[0].handed; me[1].heir = me[0].heir;
  settled[1] = settled[0]; settledSeen[1] = settledSeen[0]; me[1].skew = me[0].skew
}
inline copyWatch() {
  me[1].watching = me[0].watching; me[1].watchFree = me[0].watchFree; me[1].watchTerm = me[0].watchTerm;
  me[1].watchBeat = me[0].watchBeat; me[1].watchHolder = me[0].watchHolder; me[1].watchLender = me[0].watchLender;
  me[1].watchAge = me[0].watchAge; me[1].bid = me[0].bid; me[1].bidAge = me[0].bidAge; me[1].asked = me[0].asked
}
inline copyRequest() {
  me[0].old = (me[0].request != NONE); me[1].old = me[0].old;
  me[1].request = me[0].request; me[1].requestAge = me[0].requestAge; me[1].fate = me[0].fate; me[1].shown = me[0].shown
}
inline makeClone() {
  clones++; common = fresh; shared = (HAS_RAISED -> me[0].term : 0);
  me[0].unproved = !STANDBY(0); me[1].unproved = !STANDBY(0);
  copyOffice(); copyWatch(); copyRequest()
}
#define CLONING \
  :: atomic { clones < CLONES && (me[0].watching || me[0].term > 0) -> d_step { makeClone(); check() } }
#else
#define AWAKE(n) true
#define CLONING
#endif

/* One candidate's steps. */
#define CANDIDATE(n) \
  :: atomic { AWAKE(n) && STANDBY(n) && IDLE(n) -> d_step { look(n); check() } } \
  :: atomic { STANDBY(n) && MAY_ASK(n) && me[n].watching && (me[n].watchFree || WATCHED_OUT(n)) && MAY_CONTEND(n) -> \
       MAIL_OR_NOT; d_step { contend(n); DONE } } \
  :: atomic { STANDBY(n) && MAY_ASK(n) && me[n].watching && me[n].watchHolder > 0 && WATCHED_OUT(n) -> \
       d_step { requests++; land(EXPIRE, n, me[n].watchTerm, me[n].watchBeat, 0, 0, 0); check() } } \
  CHALLENGING(n) \
  :: atomic { !STANDBY(n) && MAY_ASK(n) && !me[n].releasing && (!me[n].begun || HAS_LEASE(n)) -> \
       MAIL_OR_NOT; d_step { me[n].beat++; ask(n, RENEW); mail(me[n].term, me[n].beat, me[n].attempt); DONE } } \
  :: atomic { !STANDBY(n) && IDLE(n) && !me[n].begun && !me[n].releasing && HAS_LEASE(n) -> d_step { begin(n); check() } } \
  :: atomic { !STANDBY(n) && IDLE(n) && !me[n].begun && !me[n].releasing && faults < FAULTS && late[0].kind == NONE && \
              (WORKS > 0 || CLONES > 0) -> \
       d_step { faults++; drawn = MARK(n); keepLate(0, RAISE, n, me[n].term, 0, me[n].attempt, 0, drawn); check() } } \
  :: atomic { !STANDBY(n) && MAY_ASK(n) && (!me[n].begun || HAS_LEASE(n)) -> \
       d_step { me[n].beat++; me[n].releasing = 1; ask(n, RESIGN); check() } } \
  :: atomic { me[n].begun && MAY_ASK(n) && me[n].heir > 0 && HAS_LEASE(n) -> \
       EARLY_MAIL; d_step { me[n].releasing = 1; ask(n, HAND_OVER); EARLY_NOTICE(n); DONE } } \
  :: atomic { !STANDBY(n) && IDLE(n) && (me[n].releasing || (me[n].begun && !HAS_LEASE(n))) -> \
       d_step { GIVE_BACK(n); check() } } \
  :: atomic { me[n].request != NONE && me[n].fate == FLYING -> d_step { landOwn(n); check() } } \
  :: atomic { me[n].request != NONE && me[n].fate == FLYING && faults < FAULTS -> \
       d_step { faults++; landOwn(n); me[n].fate = FLYING; me[n].shown = 0; check() } } \
  :: atomic { me[n].request != NONE && me[n].fate != FLYING -> MAIL_OR_NOT; d_step { receive(n); DONE } } \
  :: atomic { me[n].request != NONE && faults < FAULTS -> d_step { faults++; giveUp(n); check() } } \
  :: atomic { me[n].request != NONE && me[n].fate == FLYING && faults < FAULTS && late[1].kind == NONE -> \
       d_step { faults++; if :: late[0].kind == NONE -> abandon(0, n) :: else -> abandon(1, n) fi; giveUp(n); check() } } \
  :: atomic { faults < FAULTS && !(STANDBY(n) && !me[n].watching) -> \
       d_step { faults++; forget(n); BURY(n); check() } } \
  :: atomic { faults < FAULTS && me[n].request != NONE && me[n].fate == FLYING && late[1].kind == NONE -> \
       d_step { faults++; if :: late[0].kind == NONE -> abandon(0, n) :: else -> abandon(1, n) fi; \
                forget(n); BURY(n); check() } } \
  :: atomic { works < WORKS && paused == 0 && LEADS(n) -> d_step { works++; paused = me[n].term } }

#ifdef VARIANT_46
#define EARLY_MAIL MAIL_OR_NOT
#define EARLY_NOTICE(n) mail(me[n].term + 1, 0, me[n].heir)
#else
#define EARLY_MAIL skip
#define EARLY_NOTICE(n) skip
#endif
#ifdef VARIANT_26
#define GIVE_BACK(n) settle(n, 0); wasAttempt = me[n].attempt; wasBeat = me[n].age; forget(n); \
  me[n].bid = wasAttempt; me[n].bidAge = wasBeat; wasAttempt = 0; wasBeat = 0
#else
#define GIVE_BACK(n) settle(n, 0); forget(n)
#endif

/* A request whose sender waits no longer: lands once, or once more. */
#define LATE(i) \
  :: atomic { late[i].kind != NONE -> d_step { landLate(i); clearLate(i); check() } } \
  :: atomic { late[i].kind != NONE && faults < FAULTS -> d_step { faults++; landLate(i); check() } }

init {
  d_step {
    me[0].age = NEVER(0); me[1].age = NEVER(1); me[0].bidAge = NEVER(0); me[1].bidAge = NEVER(1);
    me[0].requestAge = NEVER(0); me[1].requestAge = NEVER(1)
  };
end:
  do
  CANDIDATE(0)
  CANDIDATE(1)
  LATE(0)
  LATE(1)
  CLONING
  /* Each clock errs as it may. */
  :: atomic { d_step { tick(0, 0); check() } }
  :: atomic { d_step { tick(0, 1); check() } }
  :: atomic { d_step { tick(1, 0); check() } }
  :: atomic { d_step { tick(1, 1); check() } }
  /* An operator; and the proof of death, of a process that died. The beat is raised where it stands. */
  :: atomic { revokes < REVOKES && holder > 0 ->
       d_step { revokes++; beat++; vacate(1); check() } }
  :: atomic { revokes < REVOKES && holder > 0 && attempt <= buried[holder - 1] ->
       d_step { revokes++; beat++; vacate(1); dead = 1; check() } }
  /* The watchdog heeds a notice that is due: what it expires, it has just read, or read a while ago. */
  :: atomic { noticeTerm > 0 && noticeAge >= WAIT(lender) && holder > 0 && NOTICE_FITS ->
       d_step { land(EXPIRE, 0, term, beat, 0, 0, 0); check() } }
  :: atomic { noticeTerm > 0 && noticeAge >= WAIT(lender) && holder > 0 && NOTICE_FITS && late[0].kind == NONE && faults < FAULTS ->
       d_step { faults++; keepLate(0, EXPIRE, 0, term, beat, 0, 0, 0); check() } }
  :: atomic { noticeTerm > 0 -> d_step { noNotice() } }
  /* The write that the work was paused before: under check(), or stamped (section 7). */
#ifdef VARIANT_9
  :: atomic { paused > 0 -> d_step { assert(paused >= begunTerm); paused = 0 } }
  :: atomic { paused > 0 -> d_step { assert(paused >= stamp); stamp = paused; paused = 0 } }
#else
  :: atomic { paused > 0 && fence == paused -> d_step { assert(paused >= begunTerm); paused = 0 } }
  :: atomic { paused > 0 && stamp <= paused -> d_step { assert(paused >= stamp); stamp = paused; paused = 0 } }
#endif
  :: atomic { paused > 0 -> d_step { paused = 0 } }
  od
}
