//! Migrations are SQL files with a few type tokens, run in order by sea-orm-migration.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTraitSelf, SchemaManager};

use super::engine::Engine;

/// One step of a service's schema. Never edited once released; the next change is a new file.
#[derive(Debug, Clone, Copy)]
pub struct SqlMigration {
    /// `0001_ledger`: ascending.
    pub name: &'static str,
    /// Statements that end with `;` at the end of a line, with the tokens of [`Engine::ddl`].
    pub sql: &'static str,
}

/// The tables that the bus needs in every service's database.
const BUS: SqlMigration = SqlMigration {
    name: "0000_bus",
    sql: include_str!("0000_bus.sql"),
};

impl MigrationName for SqlMigration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for SqlMigration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let engine = match db.get_database_backend() {
            sea_orm::DbBackend::Postgres => Engine::Postgres,
            _ => Engine::Sqlite,
        };
        for statement in engine.ddl(self.sql).split(";\n") {
            if !statement.trim().is_empty() {
                db.execute_unprepared(statement).await?;
            }
        }
        Ok(())
    }
}

struct Migrator(Vec<SqlMigration>);

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        self.0
            .iter()
            .map(|migration| Box::new(*migration) as Box<dyn MigrationTrait>)
            .collect()
    }
}

fn migrator(service: &[SqlMigration]) -> Migrator {
    Migrator(
        std::iter::once(BUS)
            .chain(service.iter().copied())
            .collect(),
    )
}

/// Brings the schema up to date.
pub(super) async fn up(db: &DatabaseConnection, service: &[SqlMigration]) -> Result<(), DbErr> {
    migrator(service).up(db, None).await
}

/// Names of the steps that a database still lacks.
pub async fn pending(
    db: &DatabaseConnection,
    service: &[SqlMigration],
) -> Result<Vec<String>, DbErr> {
    let steps = migrator(service).get_pending_migrations(db).await?;
    Ok(steps.iter().map(|step| step.name().to_string()).collect())
}
