from django.db import migrations

MAKE = """
CREATE FUNCTION cases_open_child_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM cases_involvement WHERE child_id = NEW.child_id AND to_at IS NULL)
       AND NOT EXISTS (
           SELECT 1 FROM cases_responsibility WHERE child_id = NEW.child_id AND to_at IS NULL
       )
    THEN
        RAISE EXCEPTION 'child % is open and nobody holds it', NEW.child_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cases_open_child_is_held';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER cases_involvement_is_held
    AFTER INSERT OR UPDATE ON cases_involvement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cases_open_child_is_held();
CREATE CONSTRAINT TRIGGER cases_responsibility_is_held
    AFTER INSERT OR UPDATE ON cases_responsibility
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cases_open_child_is_held();
"""
UNMAKE = """
DROP TRIGGER cases_involvement_is_held ON cases_involvement;
DROP TRIGGER cases_responsibility_is_held ON cases_responsibility;
DROP FUNCTION cases_open_child_is_held();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]

    operations = [migrations.RunSQL(MAKE, UNMAKE)]
