"""What screens and other rooms ask about assessments. Each makes a fixed number of queries."""

from assessments.queries.current_assessment import CurrentAssessment, current, current_parts

__all__ = ["CurrentAssessment", "current", "current_parts"]
