//! The few places where SQLite and PostgreSQL spell the same thing differently.

use sea_orm::{DbBackend, Statement, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A statement with `$1`-style placeholders.
    pub fn sql(
        self,
        text: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Statement {
        Statement::from_sql_and_values(self.backend(), text, values)
    }

    pub const fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// A FROM item over the JSON array of arrays bound at `param`; its one column is `value`, read with
    /// `CAST(value->>0 AS BIGINT)` or `value->>1`.
    pub fn rows(self, param: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({param})"),
            Self::Postgres => format!("json_array_elements(CAST({param} AS json))"),
        }
    }

    /// Turns 32 hex digits into what a `{uuid}` column holds.
    pub fn uuid(self, expr: &str) -> String {
        match self {
            Self::Sqlite => format!("unhex({expr})"),
            Self::Postgres => format!("CAST({expr} AS uuid)"),
        }
    }

    /// Turns hex digits into what a `{bytes}` column holds.
    pub fn bytes(self, expr: &str) -> String {
        match self {
            Self::Sqlite => format!("unhex({expr})"),
            Self::Postgres => format!("decode({expr}, 'hex')"),
        }
    }

    /// Row locks; SQLite has one writer and needs none.
    pub const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    pub const fn for_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR SHARE",
        }
    }

    pub const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " SKIP LOCKED",
        }
    }

    /// Replaces the type tokens of migration files.
    pub fn ddl(self, text: &str) -> String {
        let words: [(&str, &str, &str); 5] = [
            ("{uuid}", "BLOB", "UUID"),
            ("{bytes}", "BLOB", "BYTEA"),
            ("{json}", "TEXT", "TEXT"),
            (
                "{serial_pk}",
                "INTEGER PRIMARY KEY AUTOINCREMENT",
                "BIGSERIAL PRIMARY KEY",
            ),
            ("{without_rowid}", " WITHOUT ROWID", ""),
        ];
        let mut ddl = text.to_string();
        for (token, sqlite, postgres) in words {
            ddl = ddl.replace(
                token,
                if self == Self::Sqlite {
                    sqlite
                } else {
                    postgres
                },
            );
        }
        ddl
    }
}
