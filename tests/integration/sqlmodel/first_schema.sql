-- A database of the first schema with something in every table, as SQLite dumps it.
BEGIN TRANSACTION;
CREATE TABLE smscore_accounts (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	tariff TEXT NOT NULL, 
	home_country TEXT, 
	time_zone TEXT NOT NULL, 
	default_sender TEXT, 
	credits INTEGER, 
	monthly_limit INTEGER, 
	used INTEGER NOT NULL, 
	month TEXT NOT NULL, 
	subscription_until INTEGER, 
	PRIMARY KEY (id), 
	CONSTRAINT smscore_accounts_name UNIQUE (name), 
	CONSTRAINT smscore_accounts_never_overdrawn CHECK (credits >= 0)
);
INSERT INTO "smscore_accounts" VALUES(1,'acme','enterprise','DE','Europe/Berlin','ACME',87,1000,11,'2026-03',1798286400000000);
INSERT INTO "smscore_accounts" VALUES(2,'free','standard',NULL,'UTC',NULL,NULL,NULL,2,'',NULL);
CREATE TABLE smscore_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	message INTEGER NOT NULL, 
	account INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT smscore_events_story UNIQUE (message, sequence)
);
INSERT INTO "smscore_events" VALUES(1,4194309,1,1,'message.queued',1772366460000000,'{"route":"default","segments":1,"price":2,"error":null}');
INSERT INTO "smscore_events" VALUES(2,8388613,1,1,'message.queued',1772366520000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(3,12582917,2,1,'message.queued',1772366580000000,'{"route":"default","segments":1,"price":0,"error":null}');
INSERT INTO "smscore_events" VALUES(4,16777221,1,1,'message.scheduled',1772366640000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(5,20971525,1,1,'message.queued',1772366700000000,'{"route":"default","segments":2,"price":2,"error":null}');
INSERT INTO "smscore_events" VALUES(6,20971525,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(7,25165829,2,1,'message.queued',1772366760000000,'{"route":"default","segments":1,"price":0,"error":null}');
INSERT INTO "smscore_events" VALUES(8,25165829,2,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(9,29360133,1,1,'message.queued',1772366820000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(10,29360133,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(11,29360133,1,3,'message.sent',1772370003000000,'{"channel":"fake","reference":"17"}');
INSERT INTO "smscore_events" VALUES(12,33554437,1,1,'message.queued',1772366880000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(13,33554437,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(14,33554437,1,3,'message.sent',1772370003000000,'{"channel":"fake","reference":"17"}');
INSERT INTO "smscore_events" VALUES(15,37748741,1,1,'message.queued',1772366940000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(16,37748741,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(17,37748741,1,3,'message.sent',1772370003000000,'{"channel":"fake","reference":"18"}');
INSERT INTO "smscore_events" VALUES(18,37748741,1,4,'message.delivered',1772373600000000,'{}');
INSERT INTO "smscore_events" VALUES(19,41943045,1,1,'message.queued',1772367000000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(20,41943045,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(21,41943045,1,3,'message.failed',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(22,46137349,1,1,'message.queued',1772367060000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(23,46137349,1,2,'message.expired',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(24,50331653,1,1,'message.queued',1772367120000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(25,50331653,1,2,'message.cancelled',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(26,54525957,1,1,'message.queued',1772367180000000,'{"route":"default","segments":1,"price":1,"error":null}');
INSERT INTO "smscore_events" VALUES(27,54525957,1,2,'message.sending',1772370000000000,'{}');
INSERT INTO "smscore_events" VALUES(28,54525957,1,3,'message.indeterminate',1772370000000000,'{}');
CREATE TABLE smscore_idempotency (
	account INTEGER NOT NULL, 
	surface TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	receipt TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	PRIMARY KEY (account, surface, "key")
);
INSERT INTO "smscore_idempotency" VALUES(1,'provider','order-4711','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','{"accepted":[{"credits":2,"index":0,"message":4194309,"status":"queued","to":"0170 1234567"}],"credits_remaining":98,"credits_used":2,"refused":[{"code":"no_route","error":"nothing fits","index":1}]}',1772366400000000);
CREATE TABLE smscore_inbound (
	id INTEGER NOT NULL, 
	account INTEGER, 
	channel TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	text TEXT NOT NULL, 
	received_at INTEGER NOT NULL, 
	sent_at INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "smscore_inbound" VALUES(423624704,NULL,'fake','+491709999999','grüß😀',1772366400000000,1772366340000000);
INSERT INTO "smscore_inbound" VALUES(427819008,1,'fake','+491709999999','grüß😀',1772366400000000,NULL);
CREATE TABLE smscore_inbound_parts (
	id INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	coding TEXT NOT NULL, 
	user_data BLOB NOT NULL, 
	received_at INTEGER NOT NULL, 
	sent_at INTEGER, 
	reference INTEGER, 
	total INTEGER, 
	number INTEGER, 
	is_wide INTEGER, 
	fingerprint TEXT NOT NULL, 
	is_joined INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT smscore_inbound_parts_fingerprint UNIQUE (channel, fingerprint)
);
INSERT INTO "smscore_inbound_parts" VALUES(1,'fake','+491709999999','gsm7',X'1B006869',1772366400000000,NULL,NULL,NULL,NULL,NULL,'a',0);
INSERT INTO "smscore_inbound_parts" VALUES(2,'fake','+491709999999','gsm7',X'1B006869',1772366400000000,NULL,254,3,2,0,'b',0);
INSERT INTO "smscore_inbound_parts" VALUES(3,'fake','+491709999999','gsm7',X'1B006869',1772366400000000,1772366340000000,4862,255,254,1,'c',0);
INSERT INTO "smscore_inbound_parts" VALUES(4,'fake','+491709999999','gsm7',X'1B006869',1772366400000000,NULL,9,2,1,0,'d',1);
CREATE TABLE smscore_journal (
	channel TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (channel, "key")
);
INSERT INTO "smscore_journal" VALUES('fake','pin',X'00FF');
CREATE TABLE smscore_ledger (
	id INTEGER NOT NULL, 
	account INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	credits INTEGER NOT NULL, 
	balance INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	message INTEGER, 
	why TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "smscore_ledger" VALUES(1,1,'topup',100,100,1772366340000000,NULL,'invoice 17');
INSERT INTO "smscore_ledger" VALUES(2,1,'charge',-2,98,1772366460000000,4194309,'');
INSERT INTO "smscore_ledger" VALUES(3,1,'charge',-1,97,1772366520000000,8388613,'');
INSERT INTO "smscore_ledger" VALUES(4,1,'charge',-1,96,1772366640000000,16777221,'');
INSERT INTO "smscore_ledger" VALUES(5,1,'charge',-2,94,1772366700000000,20971525,'');
INSERT INTO "smscore_ledger" VALUES(6,1,'charge',-1,93,1772366820000000,29360133,'');
INSERT INTO "smscore_ledger" VALUES(7,1,'charge',-1,92,1772366880000000,33554437,'');
INSERT INTO "smscore_ledger" VALUES(8,1,'charge',-1,91,1772366940000000,37748741,'');
INSERT INTO "smscore_ledger" VALUES(9,1,'charge',-1,90,1772367000000000,41943045,'');
INSERT INTO "smscore_ledger" VALUES(10,1,'refund',1,91,1772370000000000,41943045,'not sent');
INSERT INTO "smscore_ledger" VALUES(11,1,'charge',-1,90,1772367060000000,46137349,'');
INSERT INTO "smscore_ledger" VALUES(12,1,'refund',1,91,1772370000000000,46137349,'not sent');
INSERT INTO "smscore_ledger" VALUES(13,1,'charge',-1,90,1772367120000000,50331653,'');
INSERT INTO "smscore_ledger" VALUES(14,1,'refund',1,91,1772370000000000,50331653,'not sent');
INSERT INTO "smscore_ledger" VALUES(15,1,'charge',-1,90,1772367180000000,54525957,'');
INSERT INTO "smscore_ledger" VALUES(16,1,'adjust',-3,87,1772384400000000,NULL,'a mistake');
CREATE TABLE smscore_messages (
	id INTEGER NOT NULL, 
	account INTEGER NOT NULL, 
	recipient TEXT NOT NULL, 
	recipient_as_given TEXT NOT NULL, 
	text TEXT NOT NULL, 
	surface TEXT NOT NULL, 
	accepted_at INTEGER NOT NULL, 
	sender TEXT, 
	priority INTEGER NOT NULL, 
	flash INTEGER NOT NULL, 
	not_before INTEGER, 
	expires_at INTEGER, 
	callback_url TEXT, 
	channel TEXT NOT NULL, 
	route TEXT NOT NULL, 
	segments INTEGER NOT NULL, 
	charged INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	due_at INTEGER, 
	owner INTEGER, 
	attempts INTEGER NOT NULL, 
	parts TEXT, 
	sent_at INTEGER, 
	finished_at INTEGER, 
	error_code TEXT, 
	error TEXT, 
	sequence INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "smscore_messages" VALUES(4194309,1,'+491701234567','0170 1234567','Grüße 😀 ''quoted'' "twice" \','provider',1772366460000000,NULL,0,0,NULL,NULL,NULL,'fake','[["fake",1],["next",2]]',1,2,'queued',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "smscore_messages" VALUES(8388613,1,'+491701234567','0170 1234567','high','provider',1772366520000000,'4917',2,1,NULL,NULL,'https://example.org/hook?a=1','fake','[["fake",1]]',1,1,'queued',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "smscore_messages" VALUES(12582917,2,'+491701234567','0170 1234567','phone','queue',1772366580000000,NULL,1,0,NULL,NULL,NULL,'phones/free','[["phones/free",0]]',1,0,'queued',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "smscore_messages" VALUES(16777221,1,'+491701234567','0170 1234567','later','provider',1772366640000000,NULL,1,0,1772539200000000,1772625600000000,NULL,'fake','[["fake",1]]',1,1,'scheduled',1772539200000000,NULL,0,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "smscore_messages" VALUES(20971525,1,'+491701234567','0170 1234567','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx','provider',1772366700000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',2,2,'sending',NULL,3,1,'[[1,"fake","accepted",1772370000000000,"255"],[2,"fake","submitting",1772370000000000,null]]',NULL,NULL,NULL,NULL,2);
INSERT INTO "smscore_messages" VALUES(25165829,2,'+491701234567','0170 1234567','fetched','queue',1772366760000000,NULL,1,0,NULL,NULL,NULL,'phones/free','[["phones/free",0]]',1,0,'sending',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,2);
INSERT INTO "smscore_messages" VALUES(29360133,1,'+491701234567','0170 1234567','sent','provider',1772366820000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,1,'sent',NULL,NULL,1,'[[1,"fake","accepted",1772370003000000,"17"]]',1772370003000000,NULL,NULL,NULL,3);
INSERT INTO "smscore_messages" VALUES(33554437,1,'+491709999999','0170 1234567','sent to another under the same reference','provider',1772366880000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,1,'sent',NULL,NULL,1,'[[1,"fake","accepted",1772370003000000,"17"]]',1772370003000000,NULL,NULL,NULL,3);
INSERT INTO "smscore_messages" VALUES(37748741,1,'+491701234567','0170 1234567','delivered','provider',1772366940000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,1,'delivered',NULL,NULL,1,'[[1,"fake","delivered",1772373600000000,"18"]]',1772370003000000,1772373600000000,NULL,NULL,4);
INSERT INTO "smscore_messages" VALUES(41943045,1,'+491701234567','0170 1234567','failed','provider',1772367000000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,0,'failed',NULL,NULL,1,NULL,NULL,1772370000000000,'permanent_failure','+CMS ERROR: 38',3);
INSERT INTO "smscore_messages" VALUES(46137349,1,'+491701234567','0170 1234567','expired','provider',1772367060000000,NULL,1,0,NULL,1772370000000000,NULL,'fake','[["fake",1]]',1,0,'expired',NULL,NULL,0,NULL,NULL,1772370000000000,'expired','the validity period ended',2);
INSERT INTO "smscore_messages" VALUES(50331653,1,'+491701234567','0170 1234567','cancelled','library',1772367120000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,0,'cancelled',NULL,NULL,0,NULL,NULL,1772370000000000,'cancelled','cancelled by the sender',2);
INSERT INTO "smscore_messages" VALUES(54525957,1,'+491701234567','0170 1234567','indeterminate','gateway',1772367180000000,NULL,1,0,NULL,NULL,NULL,'fake','[["fake",1]]',1,1,'indeterminate',NULL,NULL,1,'[[1,"fake","submitting",1772370000000000,null]]',NULL,NULL,'indeterminate','the modem vanished',3);
CREATE TABLE smscore_parked_reports (
	id INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	received_at INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "smscore_parked_reports" VALUES(1,'fake','99','+491701234567','failed',1772366400000000,'0x46');
CREATE TABLE smscore_part_references (
	message INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	PRIMARY KEY (message, part)
);
INSERT INTO "smscore_part_references" VALUES(20971525,1,'fake','255',1772370000000000);
INSERT INTO "smscore_part_references" VALUES(29360133,1,'fake','17',1772370003000000);
INSERT INTO "smscore_part_references" VALUES(33554437,1,'fake','17',1772370003000000);
INSERT INTO "smscore_part_references" VALUES(37748741,1,'fake','18',1772370003000000);
CREATE TABLE smscore_processes (
	id INTEGER NOT NULL, 
	heartbeat_at INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "smscore_processes" VALUES(3,1772370000000000);
CREATE TABLE smscore_provider_keys (
	digest TEXT NOT NULL, 
	account INTEGER NOT NULL, 
	created_at INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "smscore_provider_keys" VALUES('1111111111111111111111111111111111111111111111111111111111111111',1,1772366400000000,'shop');
CREATE TABLE smscore_queue_tokens (
	account INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	generation INTEGER NOT NULL, 
	PRIMARY KEY (account), 
	CONSTRAINT smscore_queue_tokens_digest UNIQUE (digest)
);
INSERT INTO "smscore_queue_tokens" VALUES(2,'2222222222222222222222222222222222222222222222222222222222222222',4);
CREATE TABLE smscore_routes (
	position INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	channels TEXT NOT NULL, 
	prefixes TEXT NOT NULL, 
	PRIMARY KEY (position)
);
INSERT INTO "smscore_routes" VALUES(0,'neighbours','["next"]','["+43","+41"]');
INSERT INTO "smscore_routes" VALUES(1,'default','["fake","next"]','[]');
CREATE TABLE smscore_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT smscore_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "smscore_schema" VALUES('0001');
CREATE TABLE smscore_users (
	name TEXT NOT NULL, 
	account INTEGER NOT NULL, 
	password_hash TEXT NOT NULL, 
	permissions TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "smscore_users" VALUES('api.user',1,'unusable','admin api.send');
CREATE INDEX smscore_ledger_account ON smscore_ledger (account, id);
CREATE INDEX smscore_messages_account ON smscore_messages (account, id);
CREATE INDEX smscore_messages_claimable ON smscore_messages (channel, priority DESC, id) WHERE status = 'queued';
CREATE INDEX smscore_messages_due ON smscore_messages (due_at) WHERE status = 'scheduled';
CREATE INDEX smscore_messages_held ON smscore_messages (owner) WHERE owner IS NOT NULL;
CREATE INDEX smscore_messages_overdue ON smscore_messages (expires_at) WHERE status IN ('scheduled', 'queued') AND expires_at IS NOT NULL;
CREATE INDEX smscore_part_references_awaiting ON smscore_part_references (channel, reference, at);
CREATE INDEX smscore_parked_reports_received_at ON smscore_parked_reports (received_at);
CREATE INDEX smscore_parked_reports_reference ON smscore_parked_reports (channel, reference);
CREATE INDEX smscore_inbound_account ON smscore_inbound (account, id);
CREATE INDEX smscore_inbound_parts_siblings ON smscore_inbound_parts (channel, sender, reference) WHERE is_joined = 0;
CREATE INDEX smscore_idempotency_at ON smscore_idempotency (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('smscore_events',28);
COMMIT;
