// swift-format-ignore-file: the lines are those of the reports

/// The report of `passingRecord()`.
let passingMarkdown = ##"""
  # PASS: Shop, the whole base

  **The backup can be recovered: 5,000 documents in 1 collection came back and the one check passed.**

  Run `20261121T130449Z-shop` · 2026-11-21 13:04:49 UTC · took 3.5 s · completed · exit code 0

  ## Objectives

  | Objective | Limit | Measured | Margin | Result |
  | --- | ---: | ---: | ---: | --- |
  | RTO, time to recover | 30m 00s | 3.3 s | 29m 57s | met |

  ## What was recovered

  From `backups/base` (dump directory, 1.23 MB, MongoDB 6.0.5, taken by mongodump 100.18.0):

  | Collection | Documents | Size | Indexes | Note |
  | --- | ---: | ---: | ---: | --- |
  | `admin.system.version` | 1 | 59 B | 0 | not restored: it is the server's own |
  | `shop.orders` | 5,000 | 900 kB | 2 |  |

  In all: 1 collection, 5,000 documents, 900 kB, 2 indexes besides `_id_`.

  Rating: **EXCELLENT** (no document missing or extra; 2 of 2 indexes; 0 constraint errors).

  ## What was not verified

  - the dump's own oplog was not replayed

  ## Checks

  | Result | Suite | Check | Collection | Found | Time |
  | --- | --- | --- | --- | --- | ---: |
  | pass | core | count | `shop.orders` | 5,000 documents, as in the backup | 2 ms |

  ## Steps

  | Step | Kind | Result | Time | Note |
  | --- | --- | --- | ---: | --- |
  | `restore` | restore | completed | 2.0 s |  |
  | `check` | check | completed | 250 ms |  |

  ## Time

  | Phase | Time | Documents | Size | Documents/s | Size/s |
  | --- | ---: | ---: | ---: | ---: | ---: |
  | sandbox | 500 ms |  |  |  |  |
  | restore | 2.0 s | 5,000 | 900 kB | 2,500 | 450 kB/s |

  ## Environment

  |  |  |
  | --- | --- |
  | mongodrill | 0.1.0 |
  | Machine | db-7, Debian GNU/Linux 12 (bookworm), 2 cores, 8 GB of memory |
  | mongod | 6.0.5, `/usr/bin/mongod` |
  | Scenario | `scenarios/shop/scenario.yaml`, SHA-256 `9f86d081` |
  | Sandbox | `/var/tmp/mongodrill-7`, removed |

  """##

/// The report of `failingRecord()`.
let failingMarkdown = ##"""
  # FAIL: \# \<b>Shop\</b> \| \*bold\*

  **Not all of the backup came back: the server refused document {"$oid":"0011"} of shop.a\|b\`c\\n# d: \<script>alert(1)\</script> & \[link\](http:\//evil.example) (and 4 more).**

  Run `20261121T130449Z-shop` · 2026-11-21 13:04:49 UTC · took 3.5 s · completed · exit code 1

  **What to do next**

  1. The server's own words, below, say what it refused.
  2. `mongodrill verify 'back ups/it'\''s'` says whether its files are whole.
  3. Then drill again: `mongodrill run scenarios/shop/scenario.yaml`.

  Besides:

  - there are 2 more of these
  - no negative totals of shop.orders: 2 documents match {"total": {"$lt": 0}}
  - RTO was 3.3 s, 1.3 s above the limit of 2.0 s
  - indexes of shop.low_stock: \_id\_ alone

  ## Objectives

  | Objective | Limit | Measured | Margin | Result |
  | --- | ---: | ---: | ---: | --- |
  | RTO, time to recover | 2.0 s | 3.3 s | -1.3 s | **missed** |

  ## What was recovered

  From `back ups/it's` (dump directory, 1.23 MB, MongoDB 6.0.5, taken by mongodump 100.18.0):

  | Collection | Documents | Size | Indexes | Note |
  | --- | ---: | ---: | ---: | --- |
  | `admin.system.version` | 1 | 59 B | 0 | not restored: it is the server's own |
  | ``shop.a\|b`c\n# d`` | **4,999 of 5,000** | 900 kB | 1 |  |

  In all: 1 collection, 4,999 documents, 900 kB, 1 index besides `_id_`.

  Rating: **NEEDS REVIEW**, as the verdict is fail (1 document missing and 0 extra of 5,000 (0.02%); 1 of 1 index; 3 constraint errors).

  ## What is wrong

  ### FAIL: refused document {"$oid":"0011"} of shop.a\|b\`c\\n# d

  The server said: \<script>alert(1)\</script> & \[link\](http:\//evil.example)

  … and 2 more of these.

  ### FAIL: no negative totals of shop.orders

  2 documents match {"total": {"$lt": 0}}

  - Expected: 0 documents
  - Observed: 2 documents \| \`\`\` \\u{202e}\\u{7}
  - `_id` of some: `1`, `2`, `3`, `4`, `5`

  ````js
  db.getSiblingDB("shop").orders.find({
    "total": {"$lt": 0} // ```
  })
  ````

  ### WARN: indexes of shop.low_stock

  \_id\_ alone

  The queries are for `mongosh` on the restored data: `mongodrill restore --no-replay 'back ups/it'\''s'` brings it back.

  ## What was not verified

  - the dump's own oplog was not replayed

  ## Checks

  | Result | Suite | Check | Collection | Found | Time |
  | --- | --- | --- | --- | --- | ---: |
  | pass | core | count | `shop.orders` | 5,000 documents, as in the backup | 2 ms |
  | **fail** | core | no negative totals | `shop.orders` | 2 documents match {"total": {"$lt": 0}} | 250 ms |
  | **warn** | core | indexes | `shop.low_stock` | \_id\_ alone | 10 ms |

  ## Steps

  | Step | Kind | Result | Time | Note |
  | --- | --- | --- | ---: | --- |
  | `restore` | restore | completed | 2.0 s |  |
  | `check` | check | **failed** | 250 ms | 1 check failed |

  The end of what `check` wrote:

  ````
  line 1
  ```
  <i>line 3</i>
  ````

  ## Rollbacks

  | Step | Kind | Result | Time | Note |
  | --- | --- | --- | ---: | --- |
  | `rollback-1` | run | completed | 100 ms |  |

  ## Time

  | Phase | Time | Documents | Size | Documents/s | Size/s |
  | --- | ---: | ---: | ---: | ---: | ---: |
  | sandbox | 500 ms |  |  |  |  |
  | restore | 2.0 s | 5,000 | 900 kB | 2,500 | 450 kB/s |

  ## Environment

  |  |  |
  | --- | --- |
  | mongodrill | 0.1.0 |
  | Machine | db-7, Debian GNU/Linux 12 (bookworm), 2 cores, 8 GB of memory |
  | mongod | 6.0.5, `/usr/bin/mongod` |
  | Scenario | `scenarios/shop/scenario.yaml`, SHA-256 `9f86d081` |
  | Sandbox | `/var/tmp/mongodrill-7`, removed |

  """##

/// What the report of `replayingRecord()` says of the replay.
let replayingMarkdown = ##"""
  ## Recovered to

  | Step | Target | Last entry applied | First after it | Entries | Applied | Skipped |
  | --- | --- | --- | --- | ---: | ---: | ---: |
  | `replay` | through 1795259692:191 | `1795259692:191` (2026-11-21 11:14:52 UTC) | `1795259694:1` | 1,957 | 1,200 | 307 |
  | `search` | through 1795259694:300 | `1795259694:300` (2026-11-21 11:14:54 UTC) | the oplog's end | 300 | 300 | 1 |

  The backup and its oplog cover `1795259684:19`, the dump's end, through `1795259688:554`; no entry is seen to be missing. Past unproven seams they go on through `1795259700:2`.

  - Unproven: a.bson ends at 1795259688:554, b\*.bson begins at 1795259688:560: nothing proves that no entry lies between them

  **core: passes through 1795259694:300, and the entry at 1795259696:1 breaks it: delete in shop.customers, \_id 17.**

  Looked for from `1795259692:191` (2026-11-21 11:14:52 UTC) through `1795259700:2` (2026-11-21 11:15:00 UTC), among 6,392 entries that change something: the backup was restored 5 times, and 0 moments were asked.

  At some of them the checks passed again after they had failed; report.json lists all.

  Skipped operations, by reason:

  - 4: no-op
  - 304: not selected (`crm.people` 299, `crm.a|b` 5)

  ## What was recovered
  """##
