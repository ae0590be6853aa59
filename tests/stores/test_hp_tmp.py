import contextlib, pytest, postgres
from ori_campaigns.testing import StoreContract
from ori_campaigns.stores.sql import SqlStore

class TestPg(StoreContract):
    durable = shared = joins = True
    @pytest.fixture(autouse=True)
    def place(self):
        with contextlib.ExitStack() as stack:
            self.stack = stack
            yield
    def new_store(self, clock):
        url = postgres.server()
        schema = self.stack.enter_context(postgres.fresh_schema(url))
        s = SqlStore(url, clock=clock, schema=schema)
        self.stack.callback(s.close)
        s._where = (url, schema)
        return s
    def reopen(self, store):
        url, schema = store._where
        s = SqlStore(url, clock=store.clock, schema=schema)
        self.stack.callback(s.close)
        s._where = (url, schema)
        return s

class TestSqlite(StoreContract):
    durable = shared = joins = True
    @pytest.fixture(autouse=True)
    def place(self, tmp_path):
        self.n = 0
        self.tmp_path = tmp_path
    def new_store(self, clock):
        self.n += 1
        s = SqlStore(f"sqlite:///{self.tmp_path}/{self.n}.db", clock=clock, synchronous="OFF")
        s._where = f"sqlite:///{self.tmp_path}/{self.n}.db"
        return s
    def reopen(self, store):
        s = SqlStore(store._where, clock=store.clock, synchronous="OFF")
        s._where = store._where
        return s
